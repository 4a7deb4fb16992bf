# What people read in English. How the texts are used: src/web/language/mod.rs. One heading for each page, and a text stands
# below the page that shows it, or below "On many pages". Tags count only in texts that the code asks for with html!.

language-name = English

## On many pages

language-choose = Other languages
continue = Continue
copy = Copy
email = E-mail address
password = Password
password-new = New password
password-help = At least 12 characters. A few unrelated words work well.
scopes-none = None
sign-in = Sign in
username = Username
link-invalid = It was used already, or it has expired.

## Around every page

layout-account = Your account
layout-console = Console
layout-main = Main
layout-menu = Menu
layout-sign-out = Sign out
layout-skip = Skip to the content
place-applications = Applications
place-audit-log = Audit log
place-clients = Clients
place-grants = Activity
place-keys = Keys
place-overview = Overview
place-playground = Playground
place-password = Password
place-profile = Profile
place-requests = Requests
place-resources = Resources
place-scopes = Scopes
place-sessions = Sessions
place-sign-outs = Sign-outs
place-system = System
place-users = Users

## Lists and forms

confirm-cancel = Cancel
form-attention =
    { $count ->
        [one] One thing needs your attention
       *[other] { $count } things need your attention
    }
form-optional = (optional)
form-search = Search
form-show-all = Show all
form-without-version = The form does not say which version it changes.
pager-label = Pages of the list
pager-next = Next
pager-previous = Previous

## Times

moment-absolute =
    { $day } { $month ->
        [1] January
        [2] February
        [3] March
        [4] April
        [5] May
        [6] June
        [7] July
        [8] August
        [9] September
        [10] October
        [11] November
       *[12] December
    } { $year }, { $clock } UTC
moment-now = just now
ago-minutes =
    { $count ->
        [one] a minute ago
       *[other] { $count } minutes ago
    }
ago-hours =
    { $count ->
        [one] an hour ago
       *[other] { $count } hours ago
    }
ago-days =
    { $count ->
        [one] a day ago
       *[other] { $count } days ago
    }
ago-months =
    { $count ->
        [one] a month ago
       *[other] { $count } months ago
    }
ago-years =
    { $count ->
        [one] a year ago
       *[other] { $count } years ago
    }
ahead-minutes =
    { $count ->
        [one] in a minute
       *[other] in { $count } minutes
    }
ahead-hours =
    { $count ->
        [one] in an hour
       *[other] in { $count } hours
    }
ahead-days =
    { $count ->
        [one] in a day
       *[other] in { $count } days
    }
ahead-months =
    { $count ->
        [one] in a month
       *[other] in { $count } months
    }
ahead-years =
    { $count ->
        [one] in a year
       *[other] in { $count } years
    }
duration-seconds =
    { $count ->
        [one] 1 second
       *[other] { $count } seconds
    }
duration-minutes =
    { $count ->
        [one] 1 minute
       *[other] { $count } minutes
    }
duration-hours =
    { $count ->
        [one] 1 hour
       *[other] { $count } hours
    }
duration-days =
    { $count ->
        [one] 1 day
       *[other] { $count } days
    }

## Sign in

login-client = to continue to <b>{ $client }</b>
login-current = Go on as { $account }
login-forgotten = Forgot your password? Your administrator can give you a link to choose a new one.
login-throttled = There were too many attempts. Try again in { $wait }.
login-username = Username or e-mail address
login-wrong = That username and password do not match.

## Consent

consent-able-to = It will be able to:
consent-allow = Allow
consent-asks-for-more = You allowed it before. Now it asks for more. It will be able to:
consent-choose = Choose Allow or Deny.
consent-claims = It also asks to know:
consent-deny = Deny
consent-lasts = This access ends after { $time }.
consent-lasts-until-withdrawn = It keeps this access until you withdraw it in your account.
consent-only-account = It learns only that you have an account here.
consent-optional = Only if you agree
consent-other-account = Not { $account }? <a href="{ $href }">Sign out</a>
consent-policy = Privacy policy
consent-resource = At <code>{ $resource }</code>
consent-return = You will return to <b>{ $host }</b>.
consent-self-registered = <strong>Nobody here has checked who this is.</strong> It registered itself. Go on only if you came from <b>{ $host }</b> and trust it.
consent-sentence = <strong>{ $client }</strong> wants to access your <strong>{ $product }</strong> account <strong>{ $account }</strong>
consent-technical = Technical names
consent-terms = Terms of service
consent-title = Allow { $client }?
consent-website = Website

## What is known about a person

claim-address = Address
claim-birthdate = Date of birth
claim-family-name = Family name
claim-gender = Gender
claim-given-name = First name
claim-locale = Language
claim-middle-name = Middle name
claim-name = Full name
claim-nickname = Nickname
claim-phone-number = Phone number
claim-picture = Picture
claim-profile = Profile page
claim-website = Website
claim-zoneinfo = Time zone

## The server's own scopes

scope-address = See your postal address
scope-clients-read = See the registered clients
scope-clients-write = Register, change and delete clients
scope-email = See your e-mail address
scope-grants-read = See who allowed which client what
scope-grants-write = Revoke grants and their tokens
scope-offline-access = Stay connected while you are away
scope-openid = Confirm who you are
scope-phone = See your phone number
scope-profile = See your profile
scope-scopes-read = See the scopes
scope-scopes-write = Create and delete scopes
scope-users-read = See the users
scope-users-write = Create, change, disable and delete users

## Sign out

logout-again = Sign in again
logout-client = <b>{ $client }</b> asks to end your session.
logout-close = You can close this window.
logout-done = You are signed out
logout-frame = Sign-out of { $client }
logout-frames = Signing you out of <b>{ $clients }</b> too.
logout-go-on = An application wants you to go on to <b>{ $host }</b>.
logout-invalid = This logout request is not valid
logout-invalid-go = Go to sign-out
logout-invalid-remedy = To sign out here, use the button below.
logout-invalid-what = The application asked to sign you out in a way that we do not accept. You are still signed in if you were before.
logout-return = You will return to <b>{ $host }</b>.
logout-stay = Stay signed in
logout-title = Do you want to sign out?
logout-username = You are signed in as <b>{ $username }</b>.

## Set a password by a link

set-password-done = Your password was set. Sign in with it.
set-password-invalid = This link is not valid
set-password-invalid-remedy = If you know your password, sign in. If not, ask your administrator for a new link.
set-password-lead = for <b>{ $username }</b>. This link works once.
set-password-submit = Set password
set-password-title = Choose a password

## Set-up

setup-invalid = This set-up link is not valid
setup-invalid-remedy = If you are the administrator, sign in. If there is no account yet, restart the server: it prints a new link.
setup-lead = Make the first administrator's account. This link works once.
setup-submit = Create account
setup-title = Set up { $product }

## A response that is sent as a form

form-post-heading = Continue to { $host }
form-post-lead = If nothing happens by itself, go on with the button.

## Errors

error-about = What this error means, and the id to give to the administrator
error-authorization = This request cannot be completed
error-authorization-remedy = Go back to the application and try again. If it happens again, tell the people who run it.
error-bad-request = That did not work
error-bad-request-remedy = Go back, check what you sent and try again.
error-conflict = Someone else was faster
error-conflict-remedy = Go back, reload the page and look at what is there now.
error-developer = For the developer: <code>{ $text }</code>
error-expired-remedy = Go back to the application and start again.
error-expired-what = The request has expired or was already answered.
error-forbidden = You cannot open this page
error-forbidden-go = Go to your account
error-forbidden-remedy = Ask an administrator to help, or to give you the role.
error-forbidden-what = Your account has no role that opens it.
error-go-back = Go back to { $host }
error-internal = Something went wrong on our side
error-internal-remedy = Try again. If it happens again, give the request id below to your administrator.
error-internal-what = The server could not finish this. Nothing was changed.
error-method = This address does not work that way
error-method-remedy = Go back and use the buttons on the page.
error-method-what = A form or a program used a method that this address does not know.
error-not-found = There is nothing here
error-not-found-go = Go to the first page
error-not-found-remedy = Check the address, or start from the first page.
error-not-found-what = The page was moved or deleted, or the address has a typing error.
error-outdated = The client was changed while you were editing it.
error-request-id = Request id <code>{ $id }</code>
error-request-refused = The application that sent you here made a request that this server does not accept.
error-request-refused-of = An application at { $host } made a request that this server does not accept.
error-stale-form = This form is out of date
error-stale-form-remedy = Go back, reload the page and send it again. Nothing was changed.
error-stale-form-what = It was opened before you signed in or out, or cookies are blocked.
error-too-many = Please wait a moment
error-too-many-remedy = Try again in { $wait }.
error-too-many-what = There were too many attempts.
error-unavailable = We are not quite ready
error-unavailable-remedy = Try again shortly: wait a few seconds, then reload this page.
error-unavailable-what = The server is busy or restarting. Nothing was changed.
body-incomplete = The body did not arrive completely.
body-malformed = The form cannot be read: a value is too long, is not UTF-8, or holds a zero byte.
body-too-large = The form is longer than { $most } bytes.
body-wrong-type = The form was sent in a way that is not understood. Use the buttons on the page.

## Values that were refused

claim-not-a-date = Write year, month and day, as in 1990-12-31, or only the year.
claim-not-an-address = Write an address that starts with https://.
claim-not-boolean = The claim { $name } must be true or false.
claim-not-number = The claim { $name } must be a number of seconds.
claim-not-object = The claim { $name } must be an object.
claim-not-text = The claim { $name } must be a string.
claim-of-server = The server itself says { $name }; leave it out.
claim-zero-byte = A claim holds a zero byte.
claims-long = The claims are longer than 16384 bytes.
display-name-malformed = A name has at most 200 characters and no line breaks.
email-malformed = Enter an e-mail address like alice@example.com.
email-taken = This address belongs to another account.
management-deleted = It was deleted meanwhile.
management-outdated = Somebody else has changed this meanwhile. Load it again and repeat your change.
password-easy = This password is easy to guess. Choose another, for example four unrelated words.
password-long = Choose a password of at most { $most } characters.
password-short = Choose a password of at least { $least } characters; a sentence works well.
user-last-admin = This is the only administrator left. Make another account administrator first.
username-empty = Enter a username, for example alice.
username-long = A username has at most 64 characters.
username-signs = A username has no spaces and no @ sign, for example alice.
username-taken = This name belongs to another account. Choose another.

## What an error means, where error_uri leads

help-access-denied = The person at the browser said no, or the client is disabled.
help-access-denied-developer = Tell them what the access is for, and let them try again when they want to.
help-admin = <b>For the administrator of this server:</b> the request has the id
help-consent-required = The person has to be asked, and the request forbade it with prompt=none.
help-consent-required-developer = Repeat the request without prompt=none, in the browser's main window.
help-developer = <b>For the developer of the application:</b> { $text }
help-id = request id
help-insufficient-scope = The access token is good, but lacks a scope that this needs.
help-insufficient-scope-developer = Ask for the scope in the authorization request. The WWW-Authenticate header names it.
help-invalid-client = The server does not know this client, or the client did not prove who it is.
help-invalid-client-developer = Compare client_id and client secret with the client's page in the console, and how they are sent. An assertion needs the right key, audience and time.
help-invalid-client-metadata = Something in the registration is not acceptable.
help-invalid-client-metadata-developer = The description names every member that is wrong, and says what to send instead.
help-invalid-grant = The code or refresh token does not work for this request: it is unknown, expired, used, of another client, or its proof does not fit.
help-invalid-grant-developer = Redeem a code once, within a minute, with the redirect_uri and the code_verifier of the same authorization request. Keep the newest refresh token only. If in doubt, start a new authorization request.
help-invalid-redirect-uri = A redirect URI is not acceptable.
help-invalid-redirect-uri-developer = Use an https URL without a fragment; http is for this machine only.
help-invalid-request = The request lacks something, has something twice, or has a value that it cannot have.
help-invalid-request-developer = The description says which parameter it is. A redirect_uri must be registered exactly as it is sent.
help-invalid-scope = A scope does not exist, or this client may not have it.
help-invalid-scope-developer = Ask for scopes that the client is registered for. An administrator can allow more.
help-invalid-software-statement = This server approves no software statements.
help-invalid-software-statement-developer = Send the metadata as members of the request.
help-invalid-target = The resource is not one that tokens can be for here.
help-invalid-target-developer = Send the exact identifier of a registered resource, and name it in the authorization request already.
help-invalid-token = The token is unknown, expired or revoked, or is for another server.
help-invalid-token-developer = Get a new one: by the refresh token, or by a new authorization request.
help-login-required = The person has to sign in, and the request forbade it with prompt=none, or somebody else signed in.
help-login-required-developer = Repeat the request without prompt=none, in the browser's main window.
help-request-not-supported = The request uses an extension that this server does not support.
help-request-not-supported-developer = Leave the parameter out; the metadata say what is supported.
help-server-error = Something went wrong on the server.
help-server-error-developer = Try again. If it happens again, give the id below to the administrator.
help-show = Show what happened
help-temporarily-unavailable = The server is busy, or there were too many attempts.
help-temporarily-unavailable-developer = Wait as long as the Retry-After header says, then try again.
help-title = What this error means
help-unauthorized-client = The client is not registered for what it asks.
help-unauthorized-client-developer = Use a grant type of its registration. An administrator can allow another one.
help-unmet-authentication-requirements = The request demands a way to sign in that is not available here.
help-unmet-authentication-requirements-developer = Leave acr out of the claims parameter, or ask for a value that the metadata list.
help-unsupported-grant-type = The server does not have this grant type.
help-unsupported-grant-type-developer = Use authorization_code, refresh_token or client_credentials.
help-unsupported-response-type = The server does not have this response type.
help-unsupported-response-type-developer = Use code.
help-where = Whoever looks after the application here sees in the console, under Requests, at which check it stopped.
## Console: what needs attention

attention = Needs attention
attention-clock = This machine's clock was set back
attention-clock-do = A signing key is newer than the clock says, so this server reports that it is not ready. Set the clock right (NTP), or tokens expire at wrong times.
attention-no-key = An algorithm has no key to sign with
attention-overdue = The signing keys are overdue for rotation
attention-overdue-do = The job that looks after keys does not get its work done; the log says why. Rotate by hand meanwhile.
attention-passwords =
    { $count ->
        [one] One sign-in found the queue for passwords full
       *[other] { $count } sign-ins found the queue for passwords full
    }
attention-passwords-do = In the last minutes more people signed in than the processors can check passwords for. If it is an attack, it is slowed down already; if it lasts, give the server more processors.
attention-rotation =
    { $count ->
        [0] The signing keys rotate within a day
        [one] The signing keys rotate in a day
       *[other] The signing keys rotate in { $count } days
    }
attention-rotation-do = This happens by itself: the next keys are published already. Only a verifier that keeps a copy of the keys for long needs to fetch them again.
attention-see-audit-log = See the audit log
attention-see-keys = See the keys
attention-see-system = See the system
attention-store =
    { $count ->
        [one] The database left one call unanswered
       *[other] The database left { $count } calls unanswered
    }
attention-store-do = In the last minutes it was too slow or away, and clients got 503. Look at its load and its disk; the log says what failed.
attention-sweep = { $count } expired rows wait to be deleted
attention-sweep-do = The sweep does not keep up, so the database grows. Usually the disk is slow, or another program holds long transactions; the command grantor sweep deletes by hand.
attention-unswept = Nothing has been swept for { $time }
attention-unswept-do = The sweep fails; the log says why. Until it works again the database grows.

## Console: pictures

chart-numbers = Numbers
chart-summary = { $title }, from { $first } to { $last }, at most { $top }
chart-when = When (UTC)

## Console: System

job = Job
job-counts = Counts
job-counts-does = Keeps what was counted, by hour and by day
job-done = Done
job-elsewhere = Another process does it
job-every-half-minute = every 30 seconds
job-every-hour = every hour
job-failed = Failed
job-how-often = How often
job-keys = Signing keys
job-keys-does = Rotates keys that are old enough, retires those that nothing needs
job-last-run = Last run
job-not-yet = Not yet
job-outcome = Outcome
job-sweep = Sweep
job-sweep-does = Deletes what has expired
reason-access-denied = A person said no, or may not
reason-insufficient-scope = Access token without the scope
reason-invalid-client = Unknown client, or wrong credentials of a client
reason-invalid-grant = Code or refresh token unknown, expired or used
reason-invalid-request = Request that the specifications do not allow
reason-invalid-scope = Scope unknown, or not for this client
reason-invalid-target = Resource unknown
reason-invalid-token = Access token unknown, expired or revoked
reason-login-failed = Wrong username or password
reason-other = Refused
reason-person-needed = A person was needed, and the client asked for none
reason-registration = Registration that is not allowed
reason-server-error = Something failed here
reason-temporarily-unavailable = Overloaded, or the database away
reason-too-many-requests = Too many failed attempts
reason-unauthorized-client = The client may not do that
reason-unsupported-grant-type = Grant type that does not exist here
reason-unsupported-response-type = Response type that does not exist here
system-answered = Answered
system-backlog = Expired, waiting to be swept
system-backlog-none = Nothing
system-busy-idle = { $busy } busy, { $idle } idle
system-connections = Connections
system-database = Database
system-endpoint = Endpoint
system-endpoints = Endpoints
system-endpoints-help = The last five minutes, the busiest first. Times are estimated: half, 95 and 99 of a hundred answers came within them.
system-endpoints-none = Nobody asked for anything.
system-failed = Failed
system-files = Open files
system-five-minutes = last 5 minutes
system-for-database = For the database
system-for-password = For a password check
system-growth = Growth
system-growth-in = { $size } in { $time }
system-hash-time = Password check, p95 since the start
system-hashes-refused = Password checks refused since the start
system-hashes-waiting = Password checks that wait
system-hour = 1 hour
system-jobs = Jobs
system-kind = Kind
system-last-minute = last minute
system-lately = Lately
system-lead = What this process does right now, from its own memory.
system-live = The page keeps itself up to date.
system-memory = Memory
system-of = { $part } of { $whole }
system-open-connections = Open connections
system-or-more = { $count } or more
system-others = Another process works on the same database; its figures are on its own page.
system-p95 = Answer time, p95
system-per-second = per second
system-process = Process
system-processor = Processor time
system-quarter = 15 minutes
system-rate = Per second
system-read-time = Read, p95 since the start
system-reads-writes = { $reads } reads, { $writes } writes
system-reason = Reason
system-refusals = Refusals
system-refusals-help = By reason, the most frequent of the last five minutes first.
system-refusals-none = Nothing was refused since the start.
system-refused = Refused
system-requests = Requests
system-requests-per-second = Requests per second
system-requests-under-way = Requests under way
system-resident = resident
system-running-for = Running for
system-server-errors = Server errors
system-since-start = since the start
system-size = Size
system-sizes = Sizes
system-span = How far back
system-times = Answer times
system-times-unit = the slowest five seconds of each point
system-traces = Traces
system-traces-sent = { $spans } spans delivered, { $lost } traces lost
system-under-way = Under way
system-unserved = Calls it did not serve since the start
system-uptime = Uptime
system-version = Version
system-version-is = version { $version }
system-waiting = Waiting
system-waiting-unit = units of work
system-write-time = Write, p95 since the start

## Console: Overview

chart-nothing = Nothing yet
dashboard-active = Active users
dashboard-audit-log = Open the audit log
dashboard-day = 24 hours
dashboard-each-day = each day
dashboard-each-hour = each hour
dashboard-each-six-hours = each six hours
dashboard-half-second = Over half a second
dashboard-live-grants = Live grants
dashboard-logins = Sign-ins
dashboard-mean = Mean time
dashboard-month = 30 days
dashboard-other = Other
dashboard-over-time = Over time
dashboard-over-time-help = Of all processes together, in UTC. The last minute is not in it yet.
dashboard-recent = Recent events
dashboard-recent-none = Nothing happened yet. Sign-ins, changes and refusals appear here.
dashboard-refusals = Refusals
dashboard-refused-logins = Refused sign-ins
dashboard-slow = Slowest endpoints
dashboard-span = How far back
dashboard-system = See what happens now
dashboard-today = today
dashboard-tokens = Tokens issued
dashboard-week = 7 days
grant-type-authorization-code = Authorization code
grant-type-client-credentials = Client credentials
grant-type-device-code = Device code
grant-type-refresh-token = Refresh token
login-outcome-failed = Refused
login-outcome-succeeded = Succeeded
login-outcome-throttled = Slowed down
step-client = Create a client
step-client-help = The software that asks for tokens.
step-done = (done)
step-scope = Describe a scope
step-scope-help = What clients may ask for, in plain words.
step-user = Invite a user
step-user-help = They choose their password by a link.
steps = First steps
