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
password-strength = Strength of the password
password-strength-enough = Hard to guess.
password-help = At least { $least } characters. A few unrelated words work well.
scopes-none = None
sign-in = Sign in
username = Username
link-invalid = It was used already, or it has expired.
action = Action
administrator = Administrator
account-id = Account id
client = Client
client-id = Client id
created = Created
danger-zone = Danger zone
display-name = Display name
expires = Expires
grant-types = Grant types
last-seen = Last seen
last-used = Last used
name = Name
never = Never
none = None
recent-events = Recent events
redirect-uris = Redirect URIs
scopes = Scopes
since = Since
state = State
terminal = Try it in a terminal
tokens = Tokens
token = Token
type = Type
user = User
filter = Filter
in-the-audit-log = In the audit log
state-enabled = Enabled
state-disabled = Disabled
state-live = Live
state-expired = Expired
state-rotated = Rotated
state-revoked = Revoked
state-invited = Invited
state-waits-for-user = Waits: its user is disabled
state-waits-for-client = Waits: its client is disabled
yes = Yes
no = No
more-than = more than { $count }

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
place-activity = Security events
place-profile = Profile
place-requests = Requests
place-resources = Resources
place-scopes = Scopes
place-sessions = Sessions
place-sign-outs = Sign-outs
place-mails = Mail
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
login-lost = You were signed out, and what you sent was not saved. Sign in, then send it again.
login-out-of-date = Somebody has signed in or out here since this page was opened, or cookies are blocked. Type the password once more.
login-throttled = There were too many attempts. Try again in { $wait }.
login-username = Username or e-mail address
login-wrong = That username and password do not match.

## Consent

consent-able-to = It will be able to:
consent-allow = Allow
consent-asks-for-more = You allowed it before. Now it asks for more. It will also be able to:
consent-new = New
consent-already-allowed =
    { $count ->
        [one] Already allowed: 1 permission
       *[other] Already allowed: { $count } permissions
    }
consent-choose = Choose Allow or Deny.
consent-claims = It also asks to know:
consent-deny = Deny
consent-lasts = This access ends after { $time }.
consent-lasts-until-withdrawn = It keeps this access until you withdraw it in your account.
consent-only-account = It learns only that you have an account here.
consent-optional = Only if you agree
consent-other-account = Not { $account }? <a href="{ $href }">Use another account</a>
consent-policy = Privacy policy
consent-resource = At <code>{ $resource }</code>
consent-return = You will return to <b>{ $host }</b>.
consent-return-device = Afterwards you go on at the device.
consent-device = <strong>Allow this only if you are setting up a device yourself, right now.</strong> It asked { $asked } from <b>{ $address }</b>. If somebody sent you the code or the link, deny: it would let them into your account.
consent-self-registered-device = <strong>Nobody here has checked who this is.</strong> It registered itself. Go on only if you know the device and trust it.
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

## A device without a browser
device-title = Connect a device
device-lead = Enter the code that your device shows.
device-compare = Compare: is this the code that your device shows?
device-code = Code
device-code-help = Eight letters. Capitals and the dash do not matter.
device-malformed = A code has eight letters, like WDJB-MJHT. Type it as the device shows it.
device-unknown = No device waits with this code. It may have expired, or was entered in another browser: let the device show a new one.
device-throttled = Too many wrong codes. Try again in { $wait }.
device-warning = Only enter a code from a device in front of you. If somebody sent it to you, it would let them into your account.
device-approved = Your device is connected
device-denied = The device was not connected
device-go-back = Go back to your device: it goes on by itself in a few seconds. You can close this page.
device-nothing-given = It was given nothing, and has been told so. You can close this page.
device-applications = See who has access

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

## Tables that several pages show

audit-when = When
audit-what = What
audit-who = Who
audit-target = To what
audit-from = From
session-browser = Browser
session-address = Address
session-signed-in = Signed in
session-this = This browser
session-end = End
session-end-of = the session of { $browser }
browser-on = { $browser } on { $system }
browser-unknown = Unknown browser

## Profile

profile-lead = Applications that you allow may see this.
profile-username-help = You sign in with it, or with your e-mail address.
profile-display-name-help = How applications greet you.
profile-more = More about you
profile-optional = optional
profile-save = Save profile
profile-subject-help = What applications know you by. It never changes.
profile-saved = Your profile was saved.
profile-outdated = Your profile was changed elsewhere meanwhile, so nothing was saved. What you typed is still here; saving again replaces what is stored now.
profile-unsaved = What you changed in the profile is not saved yet.

## The e-mail address, and confirming it

email-help = Sign-in, letters about your account, and applications that you allow to see it.
email-verified = Verified
email-unverified = Not verified
email-none = You have no e-mail address here.
email-add = Add
email-change-short = Change
email-change = Change the e-mail address
email-change-lead = A link goes to the new address. Until you use it, the present one stays.
email-change-lead-no-mail = This server sends no mail: an administrator hands you a link. Until you use it, the present address stays.
email-current = Present address
email-new = New address
email-password-help = So that nobody changes it who finds your browser open.
email-send = Send link
email-ask = Ask for the change
email-asked = The change is asked for. Ask an administrator for the link that confirms it.
email-link-sent = A link is on its way to { $address }.
email-cancelled = The change was cancelled. Links for it do not work any more.
email-pending = You asked for <b>{ $address }</b> { $when }. Until you confirm it, nothing changes.
email-pending-same = <b>{ $address }</b> waits to be confirmed since { $when }.
email-pending-mail = Open the letter there, and use its link within 24 hours.
email-pending-no-mail = This server sends no mail. Ask an administrator for the link that confirms it.
email-unverified-no-mail = Ask an administrator for a link that confirms it.
email-send-again = Send again
email-confirm-send = Send confirmation link
email-cancel = Cancel change
confirm-email-title = Is this your address?
confirm-email-lead = The account <b>{ $username }</b> at { $product } wants to use <b>{ $address }</b>.
confirm-email-careful = Confirm only if this is your account. If you did not expect this, close the page: nothing happens.
confirm-email-submit = Confirm address
confirm-email-done = Your address is confirmed
confirm-email-done-lead = The account <b>{ $username }</b> uses <b>{ $address }</b> from now on.
confirm-email-account = Go to your account
confirm-email-invalid-remedy = On your profile you can have another link sent, or choose another address.

## Fields about a person

person-given-name = Given name
person-family-name = Family name
person-nickname-help = What friends say.
person-email-verified = The e-mail address is verified
person-email-verified-help = Letters to it are known to reach them. Tick it again when you change a verified address.
person-verified-help = Somebody has checked that it is theirs.
person-phone-number-help = With the country, such as +49 30 123456.
person-phone-number-verified = The phone number is verified
person-picture-help = The address of a photo, for applications to show.
person-birthdate = Birthday
person-birthdate-help = As in 1990-12-31, or only the year.
person-locale-help = A language tag, such as de-CH. These pages follow it where they can.
person-locale-own-help = These pages and applications follow it.
person-locale-browser = As the browser says
person-zoneinfo-help = A place in the time zone database, such as Europe/Paris.
person-street-address = Street
person-postal-code = Postal code
person-locality = Town
person-region = Region
person-country = Country
person-formatted = Address in full, as on an envelope

## Change the password

password-wrong = This is not your current password.
password-changed = Your password was changed. Other browsers and applications have to sign in again.
password-current = Current password
password-change = Change password
password-changed-when = Changed { $when }.
password-others =
    { $count ->
        [one] Your other browser is signed out.
       *[other] Your { $count } other browsers are signed out.
    }

## Sessions

sessions-lead = The browsers in which you are signed in. End those that you do not know, then change your password.
sessions-end-others = End all other sessions
sessions-ended = That browser is signed out.
sessions-others-ended = All other browsers and applications are signed out.

## What happened to the account

activity-lead = What happened to your account in the last months, and from where.
activity-none = Nothing has happened yet
activity-none-help = Sign-ins, changes of the password and what you allow applications appear here.
activity-what = What
activity-when = When
event-allowed = Application allowed
event-by-administrator = by an administrator
event-email-change-asked = Another e-mail address asked for
event-email-change-cancelled = Change of e-mail address cancelled
event-email-confirmed = E-mail address confirmed
event-email-changed = E-mail address changed
event-password-changed = Password changed
event-restored = Withdrawal undone
event-sign-in-failed = Failed sign-in
event-signed-in = Signed in
event-signed-in-new-address = Signed in from a new address
event-signed-in-new-browser = Signed in with a new browser
event-signed-out = Signed out
event-signed-out-others = Signed out everywhere else
event-withdrawn = Access withdrawn
not-me = This wasn’t me
not-me-question = Was somebody else in your account?
not-me-lead = End everything that is not in this browser, then choose a new password. Whoever it was is out, and cannot come back with the old one.
not-me-end = Sign everybody else out
not-me-sessions = All your other browsers are signed out
not-me-applications = All applications lose their access, until you sign in to them again
not-me-password = You choose a new password on the next page
not-me-ended = Everybody else is signed out. Now choose a new password.

## Connected applications

applications-lead = What you allowed to act for you.
applications-none = No connected applications
applications-none-help = When you allow an application to use your account, it appears here, and you can withdraw it.
applications-withdraw = Withdraw access
applications-withdraw-from = from { $client }
applications-allowed = Allowed { $when }
applications-used = last used { $when }
applications-unused = not used yet
applications-withdraw-title = Withdraw access from { $client }?
applications-withdraw-lead = { $client } can no longer act for you or read your data here. What it already has, it keeps.
applications-withdrawn = { $client } has no access any more.
applications-withdraw-ends = Its access ends at once
applications-withdraw-undo = For ten minutes you can undo it: then it does not ask, but has to sign you in again
applications-undo = Undo
applications-undo-of = the withdrawal from { $client }
applications-undo-heading = You withdrew access from { $client }
applications-undo-when = Withdrawn { $when }. Undo ends { $until }.
applications-undo-help = Undoing restores your permission, so that { $client } does not ask for it at the next sign-in. The access that it had stays ended: it works again only after you sign in to it.
applications-restored = Your permission for { $client } is restored. Sign in to it again; it will not ask.
applications-undo-late = It is too late to undo this. { $client } asks for your permission the next time you sign in to it.
applications-idle = has no access until you sign in to it again
applications-history = History
applications-earlier = Earlier applications
applications-earlier-help = What you allowed once. They have no access any more.
applications-withdraw-asks = It asks for your permission the next time you use it

## Overview

dashboard-live-grants = Live grants

## Clients

clients-lead = The software that may ask for tokens.
clients-registration-tokens = Registration tokens
clients-new = New client
clients-search = Name or client id
clients-none = No clients yet
clients-none-help = A client is a website, an app or a service that asks for tokens. Create one to get its id and secret.
clients-no-match = No client matches
clients-no-match-help = Try a part of the name, or the whole client id.
clients-self-registered = registered itself
clients-expires = Expires { $when }

## One client

client-edit = Edit client
client-logo-of = Picture of { $client }
client-logo-lead = It stands beside the name where users sign in to the client, allow it something, or take that back. It comes from this server: the client is not told who looks.
client-logo-now = Picture
client-logo-file = Choose a picture
client-logo-help = PNG, JPEG or WebP, at most { $most } KiB. It is drawn as a square of 40 pixels; 160 by 160 are enough.
client-logo-remove = Remove the picture; the initials stand in its place
client-logo-choose = Choose a file, or tick that the picture is to be removed.
client-logo-saved = The picture is saved.
client-logo-removed = The client has no picture any more.
client-live-grants = Grants
client-history = History
client-credentials = Credentials
client-rotate-secret = Rotate secret
client-secret-short = Secret
client-newest = newest
client-use = How to use it
client-use-help = Most libraries need only the issuer, and find the rest by themselves.
client-settings = Settings
client-any-scope = Any default scope
client-disable-title = Disable this client
client-disable-help = Its tokens stop working until you enable it again.
client-disable = Disable client
client-enable-title = Enable this client
client-enable-help = It may ask for tokens again.
client-enable = Enable client
client-delete-title = Delete this client
client-delete-help = Its grants, tokens and secrets end for good.
client-delete = Delete client
client-expires-unless = { $when }, unless somebody allows it something before
delete = Delete
client-secret-created = the secret created { $when }
client-issuer = Issuer
client-authorization-endpoint = Authorization endpoint
client-device-endpoint = Device authorization endpoint
client-token-endpoint = Token endpoint
client-discovery = Discovery
grant-type-code = Authorization code
grant-type-refresh = Refresh token
client-secret-copy = <strong>Copy the secret now.</strong> We keep only its digest and cannot show it again.
client-secret = Client secret
client-secret-help = The client secret is the password of this client. Keep it on a server, out of code and chats.
client-older-secret = The older secret works on. Delete it on the client's page once nothing uses it.
client-continue = Continue to the client
copy-client-id = client id
copy-client-secret = client secret
copy-command = command
copy-account-id = account id
copy-link = link
copy-grant-id = grant id
copy-address = address
copy-token = token
copy-code = code
client-created-title = Client created
client-rotated-title = Secret rotated
client-rotate-question = Rotate the secret of { $client }?
client-rotate-lead = You get a new secret, shown once. Put it into the client, then delete the old one.
client-rotate-stays = The present secret works on until you delete it
client-rotate-older = The older of its two secrets stops working at once
client-rotate-newer = The newer one works on until you delete it
client-secret-delete-question = Delete this secret of { $client }?
client-secret-delete-lead = Software that still uses this secret can no longer get tokens. The other secret works on.
client-secret-delete = Delete secret
client-secret-deleted = The secret was deleted.
client-disable-question = Disable { $client }?
client-disable-lead = Nobody can sign in through it and its tokens stop working. You can enable it again.
client-disable-ends =
    { $grants ->
        [one] 1 live grant
       *[other] { $grants } live grants
    } and { $tokens ->
        [one] 1 token
       *[other] { $tokens } tokens
    } stop working
client-disable-kept = Its settings and secrets are kept
client-enable-question = Enable { $client }?
client-enable-lead = It may ask for tokens again. Grants and tokens that are still alive work again too.
client-delete-question = Delete { $client }?
client-delete-lead = This cannot be undone: a new client gets another id. To pause it, disable it instead.
client-delete-ends =
    { $grants ->
        [one] 1 live grant
       *[other] { $grants } live grants
    } and { $tokens ->
        [one] 1 token
       *[other] { $tokens } tokens
    } end at once
client-delete-gone = Its secrets, settings and remembered consents are gone
audit-log-kept = The audit log is kept
client-disabled = The client was disabled.
client-enabled = The client was enabled.
client-deleted = The client was deleted.
client-saved = The client was saved.
client-programs = Ready programs
client-try = Try it
review = Security review
review-against = Against RFC 9700 and OAuth 2.1: as it is registered, and as it behaves. The worst come first.
review-nothing = Nothing to improve.
client-requests = Recent requests
client-all-requests = All requests
client-requests-none = None that we still keep.
review-score = Score <b>{ $score }</b> of 100
client-secret-ends = Ends
client-revoke-title = Revoke everything
client-revoke-help = All its grants and tokens end; users are asked again.
client-revoke = Revoke all grants
save = Save
change = Change
client-secret-ends-of = when the secret created { $when } ends
client-secret-ends-lead = From then on the secret opens nothing. As it is, it ends { $when }.
client-secret-endless-lead = From then on the secret opens nothing. As it is, it does not end by itself.
client-secret-ends-title = When the secret ends
client-secret-ends-changed = The secret's end was changed.
client-secret-unused-newer = Safe to delete: not used since the newer one is
client-secret-unused = Safe to delete: not used for 30 days

## A client's forms

client-name-help = Users see it when they are asked to allow access.
client-redirect-uris-help = Where users return after signing in, one per line. Compared letter by letter.
client-scope-help = What it may ask for. Without any, it may ask for the default scopes.
client-authentication = Client authentication
client-authentication-help = How it proves itself at the token endpoint. With a private key, say below under Keys where the public ones are.
client-all-default = all default
set-count = { $count } set
client-save = Save client
client-create = Create client
client-edit-title = Edit { $client }
client-kind-web = Web app with a backend
client-kind-machine = Machine to machine
grant-type-client-credentials = Client credentials
grant-type-device-code = Device code
auth-method-none = Nothing to prove: a public client
auth-method-basic = Client secret in the Authorization header
auth-method-post = Client secret in the form
auth-method-secret-jwt = Assertion signed with the client secret
auth-method-private-key-jwt = Assertion signed with a private key
auth-method-tls = TLS certificate from an authority
auth-method-self-signed-tls = Self-signed TLS certificate
client-kind-spa = Single-page app
client-kind-native = Mobile or desktop app
client-kind-mcp = MCP client or AI agent
client-kind-web-help = Users sign in; your server keeps the client secret.
client-kind-spa-help = Users sign in; the app runs in their browser and keeps no secret.
client-kind-native-help = Users sign in; the app or command-line tool runs on their device and keeps no secret.
client-kind-machine-help = No users: a service acts for itself, with a client secret.
client-kind-mcp-help = Users let an agent use one MCP server in their name; it keeps no secret.
client-kind-device = Device without a keyboard
client-kind-device-help = Users enter a code on their phone or computer; for televisions, consoles and tools in a terminal. It keeps no secret.
client-kind-missing = Choose what you are connecting.
client-kind = What are you connecting?
client-kind-help = It chooses safe settings. Whether it keeps a secret cannot be changed later.
client-mcp-server = MCP server
client-mcp-server-help = Its address, such as https://mcp.example.com/. Registered as a resource, so that tokens are for it alone: JWTs, whose signature it checks itself.
client-every-setting = Every other setting
client-new-redirect-uris-help = Where users return after signing in, one per line. A web app has https://app.example.com/callback, a mobile app com.example.app:/callback, and a program on the desktop http://127.0.0.1/callback with any port, which is also what an app or agent gets if you leave this empty.

## Scopes

scopes-lead = What clients may ask for, in words that users understand.
scopes-new = New scope
scopes-none-yet = No scopes yet
scopes-none-help = A scope names one thing that a token allows, such as reading reports. Describe it as users should read it.
scopes-allows = What it allows
scopes-allows-short = Allows
scopes-used-by = Used by
scopes-default = default
scopes-built-in = built in
scope-description = Description
scope-description-help = What users read when they are asked, such as Read your sales reports.
scope-default = Default scope
scope-default-help = Clients without a list of their own may ask for it.
claims = Claims
scope-claims-help = What it tells about the user, such as department phone_number. Most scopes tell nothing.
scope-claims-fixed = What it tells about the user, as OpenID Connect says. It cannot be changed.
scope-save = Save scope
scope-create = Create scope
scope-name-help = What software sends, such as reports:read. It cannot be changed later.
scope-delete-title = Delete this scope
scope-delete-help = Nobody can ask for it any more.
scope-delete = Delete scope
scope-in-use-lead = It can be deleted once no client names it.
scope-in-use-clients = Clients that name it
scope-in-use-help = Take the scope away from each, then come back. Whoever was granted it through such a client loses it at once.
scope-back = Back to the scopes
scope-in-use-more =
    And { $count ->
        [one] 1 more client
       *[other] { $count } more clients
    }.
edit = Edit
scope-edit-title = Edit the scope { $scope }
scope-in-use = The scope { $scope } is in use
scope-delete-question = Delete the scope { $scope }?
scope-used-by =
    { $count ->
        [0] Not used
        [one] 1 client
       *[other] { $count } clients
    }
scope-saved = The scope was saved.
scope-created = The scope was created.
scope-deleted = The scope was deleted.
scope-delete-lead = No client names it, and nobody can ask for it any more.
scope-delete-grants = Grants that hold it keep their other scopes

## Resources

resources-lead = The APIs that tokens are for. A token for one is of no use at another.
resources-new = New resource
resources-none = No resources yet
resources-none-help = Name your APIs by their address, so that clients can ask for a token that only one of them accepts.
resources-introspected-by = Introspected by
resources-asked-by = Asked by
resources-any = Any
resources-nobody = Nobody
resource-uri-help = The API's address, such as https://api.example.com. Tokens carry it as their audience, and it cannot be changed later.
resource-name-help = Users see it, such as Reports API.
resource-token-format = Token format
resource-scope-help = What a token for it may carry. Without any, all scopes.
resource-introspected-by-help = Ids of the clients that may ask whether a token for it is valid, one per line: the API itself.
resource-create = Create resource
resource-delete-question = Delete { $name }?
resource-delete-tokens = Tokens that were issued for { $uri } stay good until they expire
resource-delete-lead = Clients that ask for a token for it are refused.
resource-delete = Delete resource
resource-opaque = Opaque
resource-opaque-help = The API asks Grantor about each token. It can be revoked at once.
resource-jwt-help = The API checks the signature itself. A token lives at most 10 minutes.
resource-format-of-client = As the client has it
resource-format-of-client-help = The setting of each client says what its tokens for the API look like.
resource-created = The resource was created.
resource-deleted = The resource was deleted.
resource-edit-title = Edit { $name }
resource-edit-help = Format and scopes hold for new tokens. Who may ask about tokens holds at once.
resource-save = Save resource
resource-saved = The resource was saved.
resource-delete-title = Delete this resource

## Users

users-lead = The people who sign in.
users-new = New user
users-search = Username, name or e-mail address
users-none = No users yet
users-none-help = Create a user and hand them the link to choose their password.
users-no-match = No user matches
users-no-match-help = Try a part of the username, the name or the e-mail address.
users-email-short = E-mail
user-role = Role
user-sessions-none = Not signed in anywhere.
user-grants-none = Allowed no client anything yet.
user-events-none = Nothing yet.
user-link-help = A link that works once, for someone who forgot theirs or never chose one.
user-link-make = Make set-password link
user-disable-title = Disable this user
user-disable-help = They cannot sign in, and their tokens stop working.
user-disable = Disable user
user-enable-title = Enable this user
user-enable-help = They can sign in again.
user-enable = Enable user
user-delete-title = Delete this user
user-delete-help = Their profile, sessions and grants end for good.
user-delete = Delete user
user-edit = Edit user
user-save = Save user
user-create = Create user
user-new-lead = You get a link that works once. The user opens it and chooses a password.
user-role-self = You cannot take this role from yourself. Ask another administrator.
user-link-copy = <strong>Copy the link now.</strong> It is not shown again. Whoever opens it chooses the password, so hand it over in private.
user-link = Link to choose a password
user-continue = Continue to the user
user-person = About the person
user-further-claims = Further claims
user-none-set = none
user-claims-help = A JSON object of further standard claims or your own. Clients see those that their scopes allow.
user-all-grants = All grants of { $username }
user-link-expires = Works once, and ends { $when }.
user-edit-title = Edit { $username }
user-saved = The user was saved.
user-saved-unverified = The user was saved. The new address is not verified: send a link to confirm it, or say that it is.
user-not-yourself = You cannot do this to your own account. Ask another administrator.
user-disable-lead = They cannot sign in, and clients cannot act for them. You can enable them again.
user-enable-lead = They can sign in again, and clients can act for them as before.
user-delete-lead = This cannot be undone: a new user of the same name is someone else. To pause them, disable them instead.
user-delete-gone = Their profile, claims and consents are gone
user-disable-question = Disable { $username }?
user-enable-question = Enable { $username }?
user-delete-question = Delete { $username }?
user-disable-sessions =
    { $count ->
        [one] 1 session ends
       *[other] { $count } sessions end
    } at once
user-disable-grants =
    The tokens of { $count ->
        [one] 1 live grant
       *[other] { $count } live grants
    } stop working
user-delete-ends =
    { $sessions ->
        [one] 1 session
       *[other] { $sessions } sessions
    } and { $grants ->
        [one] 1 live grant
       *[other] { $grants } live grants
    } end at once
user-disabled = { $username } was disabled.
user-enabled = { $username } was enabled.
user-deleted = { $username } was deleted.
user-created-title = User created
user-link-title = Set-password link
user-link-lead = You get a link that works once. Whoever opens it chooses a new password, so hand it over in private.
user-link-button = Make link
user-link-old = The present password works until a new one is chosen
user-link-earlier = Earlier links stop working
user-link-question = Make a set-password link for { $username }?
user-claims-malformed = This is not a JSON object. Try {"{"}"department": "Sales"{"}"}.
role-auditor = Auditor
role-support = Support
role-user-help = Signs in to applications, and sees nothing of this console.
role-auditor-help = Sees everything in this console, and changes nothing.
role-support-help = Sees everything, ends sessions, makes links for users to choose a password or confirm an address, revokes grants and tokens.
role-admin-help = May change everything.
user-sign-out = Sign out everywhere
user-sign-out-disabled-lead = The account is disabled, so nobody signs in to it. What applications were given ends for good, also when it is enabled again.
user-sign-out-lead = They can sign in again at once. Applications have to ask them again.
user-sign-out-question = Sign { $username } out everywhere?
user-signed-out = { $username } was signed out everywhere.
user-sign-out-grants =
    { $count ->
        [one] 1 live grant is revoked, with its tokens
       *[other] { $count } live grants are revoked, with their tokens
    }
user-events = In the audit log: <a href="{ $by }">what they did</a>, <a href="{ $of }">what was done to them</a>

## Preview of claims

claims-title = Preview of claims
claims-preview = Preview claims
claims-lead = Exactly what a client would learn about a user, and where each claim comes from. Nothing is issued, kept or signed.
claims-user-help = Username, e-mail address or account id.
claims-client-help = Client id, or the beginning of its name to search for it.
claims-user-unknown = No user is called “{ $typed }”. Choose one below, or type another name.
claims-client-unknown = No client has the id “{ $typed }”. Choose one below, or type another name.
claims-choose-user = Choose a user
claims-choose-client = Choose a client
claims-resource = Resource
claims-resource-help = The API that the access token is for.
claims-no-resource = None: this server itself
claims-parameter = Ask for single claims
claims-parameter-label = claims parameter
claims-parameter-help = JSON, for example { "{" }"id_token": { "{" }"email": null{ "}" }{ "}" }. Only OpenID requests have it (OpenID Connect Core §5.5).
claims-show = Show the claims
claims-user-disabled = { $user } is disabled, so no client gets anything about them. Enable the user first.
claims-client-disabled = { $client } is disabled, so it gets nothing. Enable the client first.
claims-refused = The server would refuse this request. { $error }: { $why }
claims-summary = When { $user } allows everything that is asked for, { $client } gets this. The access token lives { $time }; there is no refresh token.
claims-summary-refresh = When { $user } allows everything that is asked for, { $client } gets this, and a refresh token. The access token lives { $time }.
claims-summary-machine = { $client } gets this in its own name. The access token lives { $time }.
claims-claim = Claim
claims-value = Value
claims-where-from = Where it comes from
claims-as-json = As JSON
claims-id-token = ID token
claims-id-token-lead = A JWT, signed with { $algorithm } when it is issued.
claims-access-token = Access token
claims-jwt = A JWT, signed with { $algorithm } when it is issued. Resource servers read this.
claims-opaque = Opaque: random characters that begin with gat_. What it stands for is told by introspection only.
claims-introspection = Introspection
claims-introspection-lead = What a resource server is told that asks about the access token.
claims-userinfo = User info
claims-userinfo-lead = What the client is told when it presents the access token at the userinfo endpoint.
claims-userinfo-signed = What the client is told at the userinfo endpoint, as a JWT signed with { $algorithm }: its setting userinfo_signed_response_alg.
claims-unsaid = Opened, but not known
claims-unsaid-lead = The client may know these too. The account says nothing about them, so they are left out.
claims-source = { $why }. { $what }
claims-opened-by-scope = Opened by the scope { $scope }
claims-opened-by-request = Asked for in the claims parameter
claims-custom-scope = { $scope } (made by an admin)
claims-from-issuer = This server's issuer, a setting of the server.
claims-from-machine = The client's own id: no user takes part.
claims-from-pairwise = Another id for each sector, here { $sector }: the client's setting subject_type is pairwise.
claims-from-account-id = The account's id, the same for every client with public subjects.
claims-from-client-id = The client's id.
claims-from-no-resource = This server itself: no resource was asked for.
claims-from-resource = The resource that was asked for.
claims-from-client-lifetime = { $time } from now: the client's own lifetime.
claims-from-server-lifetime = { $time } from now: the server's lifetime.
claims-from-now = The time at which it is issued.
claims-from-chance = Drawn anew for each token.
claims-from-grant = The scopes that were allowed, as far as the resource takes them.
claims-from-sign-in = When the user last proved who they are.
claims-from-proof = How the user proved who they are.
claims-from-access-token = Computed from the access token, so another one each time.
claims-from-session = The browser session, for logout.
claims-from-session-pairwise = The browser session, for logout. Another name for each sector, here { $sector }.
claims-from-protocol = Set by the protocol.
claims-from-username = The account's username.
claims-from-display-name = The account's display name.
claims-from-email = The account's e-mail address.
claims-from-change = When the account last changed.
claims-from-nobody-checked = False as long as nobody says that it was checked.
claims-from-account = A claim of the account.

## Grants

grants-lead = Who allowed which client what, until it is revoked or its time is over.
grants-search-client = Client name or id
grants-no-match = No live grant matches
grants-no-match-help = Try another username or client.
grants-none = No live grants
grants-none-help = When a user allows a client something, or a machine client gets a token, it appears here.
grants-client-itself = The client itself
grant-resources-none = None in particular
grant-id = Grant id
grant-tokens-none = None that we still keep.
grant-kind = Kind
grant-issued = Issued
grant-revoke-title = Revoke this grant
grant-revoke-help = All its tokens end, and the client has to ask again.
grant-revoke = Revoke grant
grants-several = Several clients match. Give the whole name or the client id.
token-access = Access token
grant-revoke-question = Revoke this grant?
grant-back = The grant
grant-revoked = The grant was revoked.
grant-revoked-before = The grant was revoked before.
grant-title = { $client } for { $username }
grant-revoke-lead = { $client } can no longer act for { $username }.
grant-revoke-lead-machine = What { $client } got for itself ends. It may ask again; to stop it, disable the client.
grant-revoke-tokens =
    { $count ->
        [one] 1 token ends
       *[other] { $count } tokens end
    } at once
grant-revoke-asks = { $client } has to ask { $username } again
activity = Activity

## Keys

keys-lead = What tokens are signed with. Keys are published before they sign, and stay until all they signed has expired.
keys-rotate = Rotate keys
keys-none = No keys yet
keys-none-help = The server makes its first keys when it starts. If none appear, rotate to make some.
keys-id = Key id
keys-algorithm = Algorithm
keys-public = Public keys
keys-public-help = Where verifiers find them.
keys-leaked = A private key leaked
keys-withdraw = Withdraw and rotate
keys-withdraw-question = Withdraw the signing keys?
keys-withdraw-lead = For when a private key may have leaked. The next keys sign at once, and nothing that the others signed is believed any more.
keys-withdraw-twice = If the database leaked together with its secret key, do it twice: the next keys leaked, too
keys-withdraw-tokens = Applications need new tokens, and people may have to sign in to them again
keys-withdraw-refused = Whoever checks tokens and keeps the keys of before refuses new tokens, and believes old ones, until it fetches the keys again
keys-rotate-question = Rotate the signing keys?
keys-rotate-lead = The next keys begin to sign. It happens by itself when the present keys are old enough.
keys-rotate-tokens = Tokens that are already out stay valid until they expire
keys-rotate-published = The present keys stay published until then
keys-rotate-new = New next keys are made and published
keys-next = Next
keys-current = Current
keys-retiring = Retiring
keys-retired = Retired
keys-soon = soon
keys-retiring-note = Published until all it signed has expired
keys-retired-note = No longer published
keys-rotated = The signing keys were rotated.
keys-next-note = Published, begins to sign { $when }
keys-current-note = Signs since { $when }
keys-published = Published
keys-signs-since = Signs since
keys-retiring-since = Retiring since
keys-readers =
    { $since } of { $all ->
        [one] 1 program
       *[other] { $all } programs
    } that fetched the keys in the last 90 days have done so since the newest key was published, { $when }.
keys-readers-title = Who has fetched the keys
keys-readers-none = Nobody has fetched the keys yet
keys-readers-none-help = Programs that check tokens fetch the keys from the address above. They appear here within half a minute.
keys-reader-program = Program and address
keys-reader-nameless = Without a user agent
keys-reader-knows = Has the newest key
keys-reader-not-yet = Not since the newest key
keys-reader-clients = Clients at this address
keys-reader-unknown = None that used a secret
keys-reader-more = and more
keys-reader-last = Last fetched

## What requests are checked for

check-form-readable = The parameters can be read
check-form-readable-help = The body must be a form (application/x-www-form-urlencoded) in UTF-8, of 64 KiB at most. JSON is not taken here.
check-parameters-once = No parameter is there twice
check-parameters-once-help = Something in the client adds a parameter a second time: often a library and the code around it both do.
check-credentials-once = The credentials are there once
check-credentials-once-help = client_id, client_secret or the assertion is in the form twice. Send each once.
check-one-method = The client proves itself in one way
check-one-method-help = It sent more than one of the Authorization header, client_secret and client_assertion. Many libraries have a setting for the method; choose one.
check-assertion-declared = An assertion comes with its type
check-assertion-declared-help = client_assertion and client_assertion_type go together, and the type is urn:ietf:params:oauth:client-assertion-type:jwt-bearer.
check-credentials-readable = The request says which client it is from
check-credentials-readable-help = There is no client_id, the Authorization header is not Basic with an id and a secret in base64, or the header, the form and the assertion name different clients.
check-not-throttled = Not too many attempts failed before
check-not-throttled-help = Somebody at this address tried wrong credentials again and again. Correct them, then wait a little.
check-client-known = The client is registered
check-client-known-help = No client has this id. It was mistyped, belongs to another server (staging and production mixed up?), or the client was deleted.
check-client-enabled = The client is enabled
check-client-enabled-help = An admin has disabled this client. Enable it, if that is over.
check-auth-method = The client proves itself as it is registered to
check-auth-method-help = The client used another method than its registration says. A public client sends no secret, a confidential one must. Change the library's setting, or the method in the client's settings.
check-secret-matches = The secret is one of the client's
check-secret-matches-help = The secret is not one that works now: it was mistyped, is one of another client or environment, or was deleted. Spaces and line ends count. Rotate the secret to get a new one, and put that into the client.
check-assertion-signed = The assertion is signed with a key of the client
check-assertion-signed-help = The public key in jwks or jwks_uri does not fit the one that signed, the kid is unknown, or the algorithm is another than registered.
check-assertion-typ = The assertion was made to authenticate a client
check-assertion-typ-help = Its typ is of another kind of token. Set it to client-authentication+jwt, or leave it out.
check-assertion-issuer = The assertion's iss is the client
check-assertion-issuer-help = Set iss to the client_id.
check-assertion-subject = The assertion's sub is the client
check-assertion-subject-help = Set sub to the client_id.
check-assertion-audience = The assertion is meant for this server
check-assertion-audience-help = aud must be the issuer identifier as one string. Older libraries send the token endpoint's URL; the client can be allowed that.
check-assertion-expiry = The assertion says when it expires
check-assertion-expiry-help = Add exp, in seconds since 1970; a minute ahead is enough.
check-assertion-lifetime = The assertion does not live too long
check-assertion-lifetime-help = exp is too far ahead. A minute is enough; milliseconds instead of seconds are a frequent mistake.
check-assertion-age = The assertion has not expired
check-assertion-age-help = Either the client keeps an assertion and sends it again, or its clock is behind. Make one for each request, and set the clock by NTP.
check-assertion-not-yet = The assertion is not from the future
check-assertion-not-yet-help = The client's clock is ahead of this server's. Set it by NTP.
check-assertion-id = The assertion has an identifier
check-assertion-id-help = Add jti: a new random text for each assertion.
check-assertion-fresh = The assertion was not used before
check-assertion-fresh-help = The client sent the same assertion twice. Make a new one, with a jti of its own, for each request and each repetition.
check-within-limit = The client asks within its limit
check-within-limit-help = It sends more requests in a minute than GRANTOR_LIMIT_CLIENT allows. Let it keep its tokens until they expire instead of asking for new ones.
check-grant-type-supported = The server has the grant type
check-grant-type-supported-help = Use authorization_code, refresh_token or client_credentials. The password and implicit grants are gone from OAuth 2.1; there is no setting that brings them back.
check-resource-syntax = Resources are absolute URIs
check-resource-syntax-help = Send the identifier in full, without a fragment, and 16 of them at most.
check-grant-parameters = What the grant type needs is there
check-grant-parameters-help = The code or the refresh token is missing from the form.
check-scope-syntax = The scopes are well-formed
check-scope-syntax-help = Separate them by spaces, not by commas.
check-grant-type-allowed = The client may use the grant type
check-grant-type-allowed-help = Its registration does not have this grant type. Allow it, if the client is meant to use it.
check-code-known = The code works
check-code-known-help = It is unknown, has expired (a code lives for a minute), its user was disabled or has signed out meanwhile, or too many wrong verifiers came for it. Redeem it at once, and only once.
check-code-redirect-uri = The redirect URI is that of the authorization request
check-code-redirect-uri-help = redirect_uri here must be the same, byte for byte, as in the authorization request.
check-code-client = The code was issued to this client
check-code-client-help = Another client asked for this code. Two environments may share a callback.
check-verifier-expected = A verifier comes only after a challenge
check-verifier-expected-help = The authorization request had no code_challenge, but a code_verifier came. Either the request went out without it, or somebody took it away on the way.
check-verifier-matches = The verifier fits the challenge
check-verifier-matches-help = The code_verifier must be the one whose SHA-256, in base64url without padding, was the code_challenge. It is often lost between the two requests, for example with the session, or made anew.
check-target-granted = The resource was part of the authorization
check-target-granted-help = A token request may only choose among the resources of the authorization request. Name it there.
check-target-known = The resource is registered
check-target-known-help = Tokens are for resources that are registered here. Register it under Resources, with exactly this identifier.
check-code-fresh = The code was not redeemed before
check-code-fresh-help = The same code came a second time, so all that it gave was revoked. Mostly a client repeats a request or a user goes back in the browser; it can also be theft.
check-refresh-token-known = The refresh token works
check-refresh-token-known-help = It is unknown, has expired, or was revoked: by its user, by an admin, by the client, or because it was used twice. The user has to sign in again.
check-refresh-token-client = The refresh token was issued to this client
check-refresh-token-client-help = Another client got this refresh token.
check-refresh-scope = The refresh asks for no more than was granted
check-refresh-scope-help = Ask for fewer scopes or leave scope out. What is new needs a new authorization request.
check-refresh-token-fresh = The refresh token was not used before
check-refresh-token-fresh-help = A refresh token that was exchanged came again, so the whole grant was revoked. The client must keep the newest one, also when two of its processes refresh at the same time; it can also be theft.
check-client-confidential = The client can prove who it is
check-client-confidential-help = A public client cannot do this. Register a confidential one for it.
check-scope-for-machines = No scope needs a user
check-scope-for-machines-help = openid, profile and the like say something about a user, and client_credentials has none. Leave them out.
check-scope-named = There is a scope to grant
check-scope-named-help = The request names none, and the client has no default. Name one, or give the client scopes.
check-scope-known = The scopes exist
check-scope-known-help = A scope was mistyped, or is not created here yet. Upper and lower case differ.
check-scope-allowed = The client may have the scopes
check-scope-allowed-help = The client is not registered for them. Allow them, if the client is meant to have them.
check-client-id-sent = The request names one client
check-client-id-sent-help = client_id is missing or there twice.
check-redirect-uri-sent = The redirect URI is clear
check-redirect-uri-sent-help = redirect_uri is there twice, or missing although the client has not exactly one.
check-redirect-uri = The redirect URI is registered
check-redirect-uri-help = It must be registered exactly as it is sent: scheme, host, port, path, a slash at the end, upper and lower case.
check-response-mode = The server has the response mode
check-response-mode-help = Use query or form_post, or leave it out.
check-request-object = No unsupported extension is used
check-request-object-help = The server takes no request objects. Send the parameters themselves.
check-response-type = The response type is code
check-response-type-help = token and id_token are of the implicit grant, which OAuth 2.1 has removed. Use code with PKCE.
check-lengths = No value is too long
check-lengths-help = state has 4096 bytes at most; nonce, login_hint and logout_hint have 1024.
check-pkce = The request has a PKCE challenge
check-pkce-help = Send code_challenge and code_challenge_method=S256. Every current library can; it is often a setting called pkce.
check-pkce-method = The PKCE method is S256
check-pkce-method-help = plain protects nobody who can read the request. It is the default where the method is left out, so send code_challenge_method=S256.
check-pkce-challenge = The PKCE challenge is a digest
check-pkce-challenge-help = It is the SHA-256 of the verifier in base64url without padding: 43 characters. Hexadecimal (64) and ordinary base64 with = at the end (44) are frequent mistakes.
check-prompt = The prompt is consistent
check-prompt-help = none excludes all others.
check-max-age = max_age is a number
check-max-age-help = Send seconds, 0 or more.
check-claims = The claims parameter can be read
check-claims-help = It is a JSON object with the members id_token and userinfo.
check-acr = The demanded way to sign in exists
check-acr-help = acr is demanded as essential with a value that is not available here. The metadata list acr_values_supported.
check-id-token-hint = The hint is an ID token of this client
check-id-token-hint-help = id_token_hint must be an ID token that this client got here, and name the same user as the claims parameter.
check-right-user = The user is the one that the request is about
check-right-user-help = Somebody else signed in than the id_token_hint or the claims parameter names.
check-login-possible = The user is signed in, or may be asked to
check-login-possible-help = The request has prompt=none, and nobody is signed in, or not recently enough. Browsers keep third-party cookies from hidden frames, where this cannot work.
check-consent-possible = The user has consented, or may be asked to
check-consent-possible-help = The request has prompt=none, and the user has not agreed to these scopes before.
check-user-agrees = The user agrees
check-user-agrees-help = The user chose Deny. That is not an error of the client.
check-token-sent = There is a token
check-token-sent-help = The parameter token is missing.
check-token-alive = The token is alive
check-token-alive-help = It is unknown, expired or revoked. The answer is the same for all of these, and says nothing more.
check-token-visible = The caller may see the token
check-token-visible-help = A token for a resource is shown to the resource's own servers. Add the client to those that may introspect its tokens.
check-token-own = The token is the client's own
check-token-own-help = A client can revoke only what it got itself.
check-bearer-sent = There is an access token
check-bearer-sent-help = Send Authorization: Bearer and the token.
check-bearer-readable = There is one access token
check-bearer-readable-help = Send it once, in the header: Bearer, one space, the token.
check-bearer-alive = The access token works
check-bearer-alive-help = It is unknown, expired or revoked, or is for another resource.
check-bearer-scope = The access token has the scope
check-bearer-scope-help = Userinfo needs openid. Ask for it in the authorization request.
check-registration-token = The token opens registration
check-registration-token-help = The initial access token is unknown, expired or used up, or the registration access token is not this client's.
check-metadata-readable = The metadata can be read
check-metadata-readable-help = Send one JSON object as application/json, of 64 KiB at most.
check-metadata = The metadata are acceptable
check-metadata-help = The answer named every member that is wrong, and what to send instead.
check-registration-quota = There is room for another client
check-registration-quota-help = An address may register 20 clients an hour without a token, a client may change its registration 60 times an hour, and only so many may wait for their first user.
check-logout-hint = The hint is an ID token of this server
check-logout-hint-help = id_token_hint must be an ID token that was issued here; it may have expired.
check-logout-client = It is clear which client asks
check-logout-client-help = A redirect needs an id_token_hint or a client_id, and both must be of the same client.
check-device-code-known = The device code works
check-device-code-known-help = It is unknown, was used, or its device authorization is long over. The device has to show a new user code.
check-device-code-client = The device code was issued to this client
check-device-code-client-help = Another client got this device code.
check-device-pace = The device waited long enough
check-device-pace-help = It polled faster than the interval it was told. After slow_down it must wait five seconds longer each time.
check-device-code-expiry = The device code is in time
check-device-code-expiry-help = Nobody entered the user code in time, or nobody decided. The device has to show a new one.
check-device-answered = Somebody has answered
check-device-answered-help = Nobody has entered the user code and decided yet. The device goes on polling.
check-logout-redirect-uri = The address to go to is registered
check-logout-redirect-uri-help = post_logout_redirect_uri must be registered exactly as it is sent.

## Requests

requests-lead = What became of requests to the protocol's endpoints, and why. No secret is kept.
requests-outcome = Outcome
requests-endpoint = Endpoint
requests-id = Request id
requests-any = Any
requests-refused = Refused
requests-succeeded = Succeeded
requests-told-nothing = Told nothing
requests-no-match = Nothing matches
requests-no-match-help = Leave a field empty to see more. Records are kept for some days, and of those that succeeded only a sample.
requests-none = No request yet
requests-none-help = When a client asks for something, you see here what became of it: each check, and the one that failed.
requests-off = Requests are not recorded
requests-off-help = GRANTOR_REQUEST_LOG is off. Without it nobody can look up why a request failed.
requests-what = What
requests-when = When
requests-unknown-client = Unknown
requests-stopped-at = Stopped at: { $check }
requests-several-clients = Several clients match, or there are too many to look at. Give the whole name or the client id.
endpoint-authorize = Authorization
endpoint-token = Token
endpoint-introspect = Introspection
endpoint-revoke = Revocation
endpoint-userinfo = User info
endpoint-register = Registration
endpoint-device-authorization = Device authorization
endpoint-logout = Logout
request-title = { $what } request
request-it-stopped = It stopped at: { $check }
request-missing = missing:
request-instead = instead:
request-nearest = Expected, the nearest that is registered
request-expected = Expected
request-received = Received
request-differ = They differ from character { $at } on. What is struck through was missing, what is underlined came instead.
request-all-passing = All that would have passed
request-nothing = Nothing
request-deleted = (deleted)
request-address = Address
request-time-taken = Time taken
request-checks = Checks
request-checks-help = In the order in which they are made. The first that fails ends the request.
request-passed = Passed
request-failed = Failed
request-not-reached = Not reached
copy-request-id = request id
request-fact-client-id = Client id sent
request-characters =
    { $count ->
        [one] 1 character
       *[other] { $count } characters
    }
request-not-like-ours = { $length }, not like an id of this server
request-fact-proof = How it proved itself
request-fact-secret = Secret
request-secret-newest = The newest, created { $when }
request-secret-older = The older one, created { $when }
request-fact-secret-sent = Secret sent
request-secret-ours = { $length }, begins like a secret of this server
request-secret-not-ours = { $length }, does not begin with gcs_
request-fact-signature = Signature
request-fact-verifier = PKCE verifier
request-none-sent = None was sent
request-fact-next = What came next
request-next-login = The sign-in page
request-next-consent = The consent page
request-next-code = Back to the client, with a code
request-clock-now = now
request-clock-before =
    { $count ->
        [one] 1 second before this server's clock
       *[other] { $count } seconds before this server's clock
    }
request-clock-ahead =
    { $count ->
        [one] 1 second ahead of this server's clock
       *[other] { $count } seconds ahead of this server's clock
    }
request-fix-redirect-uri = Add this redirect URI
request-fix-logout-uri = Add this address
request-fix-scopes =
    { $count ->
        [one] Allow this scope
       *[other] Allow these scopes
    }
request-fix-grant-type = Allow { $name }
request-fix-audience = Accept the token endpoint as audience
request-fix-enable = Enable the client
request-fix-redirect-uri-help = Codes for this client may then be sent to this address. Add it only when it belongs to the client.
request-fix-logout-uri-help = Browsers may then be sent to this address after they signed out.
request-fix-scopes-help = The client may then ask for it. Users are asked before they share anything new.
request-fix-machine-help = The client may then get tokens in its own name, without any user.
request-fix-refresh-help = The client then keeps its access until the user withdraws it, without asking again.
request-fix-code-help = The client may then ask users for access.
request-fix-device-help = Devices may then show a code, and whoever enters it here is asked to give them access.
request-fix-audience-help = Assertions may then name the token endpoint's URL beside the issuer. Older libraries do; newer ones should name the issuer only.
request-fix-enable-help = It may ask for tokens again.
request-fix-question = { $button } to { $client }?
request-fix-back = Request
request-fixed = The client was changed. The same request passes this check now.
request-nothing-to-fix = The client was changed meanwhile, and there is nothing left to mend.

## Security review

review-lead = How each client stands against RFC 9700 and OAuth 2.1: as it is registered, and as it behaves.
review-no-match = Nothing matches
review-no-match-help = Try a part of the client's name.
review-no-clients = No clients yet
review-no-clients-help = Once there are clients, you see here what could be safer about each.
review-score-short = Score
review-verdict = Verdict
review-worst = What matters most
review-finding = Finding
review-none = Nothing
review-more = and { $count } more
review-high = High
review-medium = Medium
review-low = Low
review-hint = Hint
review-needs-attention = Needs attention
review-could-be-better = Could be better
review-good = Good
finding-consent-skipped = Consent is skipped for a client that proves nothing
finding-consent-skipped-help = A public client is known by its redirect URIs alone. Where all of these are https its users are not asked; with others the setting has no effect. Let them be asked.
finding-public-management = A client that cannot prove who it is may administer this server
finding-public-management-help = Whoever gets hold of one of its tokens changes clients, users or grants. Use a confidential client for that.
finding-pkce-optional = PKCE is optional
finding-pkce-optional-help = A stolen code cannot be redeemed where PKCE is used. The client was not seen often enough to tell whether it uses it; every current library can.
finding-pkce-optional-used =
    { $count ->
        [one] Its only authorization request since { $ago } used it. Requiring it changes nothing for the client, and stops whoever would leave it out.
       *[other] All of its { $count } authorization requests since { $ago } used it. Requiring it changes nothing for the client, and stops whoever would leave it out.
    }
finding-pkce-unused = It does without PKCE
finding-pkce-unused-help =
    { $count ->
        [one] 1 authorization request came without it, { $ago }. Turn it on in the client's library, then require it here.
       *[other] { $count } authorization requests came without it, the last one { $ago }. Turn it on in the client's library, then require it here.
    }
finding-loopback-mixed = Addresses of a developer's machine beside those of production
finding-loopback-mixed-help = Whatever listens there can receive codes of real users. Give development a client of its own.
finding-localhost = localhost instead of an address
finding-localhost-help = The name localhost can be made to lead elsewhere, and browsers resolve it in different ways. Register http://127.0.0.1 and http://[::1], where the port may vary.
finding-private-scheme = A private-use scheme for a client with a backend
finding-private-scheme-help = Any app on a device can claim such a scheme and receive the codes. Use an https address.
finding-redirect-uris-unused = Redirect URIs that nobody uses
finding-redirect-uris-unused-help = They were not asked for in 90 days, while others were. Each one is a place where codes can be sent to.
finding-scopes-unused = Scopes that it never asks for
finding-scopes-unused-help = They were not asked for in 90 days. Whoever takes the client over could ask for them.
finding-grant-types-unused = Grant types that it never uses
finding-grant-types-unused-help = They were not used in 90 days, while others were. Each one is another way to get tokens.
finding-secret-unused = A secret that nobody uses
finding-secret-unused-help = It was last of use { $ago }, while the client works on. Find out who else has it.
finding-two-secrets = Two secrets at once for weeks
finding-two-secrets-help = The newer one was created { $ago }. The older one is still in use, or the newer one is not yet. Finish the rollout, then delete the older one.
finding-two-secrets-unused = The newer one was created { $ago }, and the older one has not been used since long. Delete it.
finding-secret-old = The secret is old
finding-secret-old-help = It was created { $ago }. The longer a secret lives, the more backups, logs and people have seen it.
finding-secret-in-body = The secret travels in the form
finding-secret-in-body-help =
    { $count ->
        [one] 1 token request sent it so. The Authorization header is the better place: bodies are logged more often.
       *[other] { $count } token requests sent it so. The Authorization header is the better place: bodies are logged more often.
    }
finding-secret-and-no-key = A secret instead of a key
finding-secret-and-no-key-help = With private_key_jwt the client keeps a private key and nothing secret is shared. Its library may have it as a setting.
finding-access-token-long = Access tokens live long
finding-access-token-long-help = { $time }. A stolen one works as long. Let the client refresh instead.
finding-refresh-token-long = Refresh tokens live long
finding-refresh-token-long-help = { $time }. Access that nobody remembers should end by itself.
finding-any-default-scope = It may ask for any default scope
finding-any-default-scope-help = A scope that becomes a default later is open to it at once. Name the scopes that it needs.
finding-client-unused = Nobody uses this client
finding-client-unused-help = It was not used since { $ago }. Disable it; it can be enabled again.
mend-ask-for-consent = Ask for consent
mend-require-pkce = Require PKCE
mend-remove = Remove them
mend-use-default = Use the server's lifetime
mend-delete-secret = Delete the older secret
mend-rotate-secret = Rotate secret
mend-disable = Disable client
mend-ask-for-consent-help = Users are asked before they share anything with this client.
mend-require-pkce-help = Authorization requests without a code_challenge are refused from now on.
mend-remove-redirect-uris-help = Users are no longer sent there. A client that still uses one of them stops working.
mend-remove-scopes-help = The client can no longer ask for these, and its tokens lose them at once.
mend-remove-grant-types-help = The client can no longer get tokens this way.
mend-grant-type-goes = { $name } goes, too: it is of no use alone
mend-redirect-uri-goes = The redirect URI { $uri } goes, too
mend-logout-uri-goes = The front-channel logout address { $uri } goes, too
mend-default-access-help = New access tokens live as long as the server's settings say.
mend-default-refresh-help = New grants live as long as the server's settings say.
mend-question = { $button }: { $client }?
mend-done = The client was changed.
mend-nothing-left = There is nothing left to mend.

## Tokens

tokens-lead = Tokens that have not expired and were not revoked, without their values. JWTs are not kept: find them by their grant.
tokens-find = Find a token
tokens-access = Access tokens
tokens-refresh = Refresh tokens
token-refresh = Refresh token
tokens-id-begins = Token id begins with
tokens-no-match = No live token matches
tokens-no-match-help = Try another username or client. Of very many grants only the newest hundred are looked at.
tokens-none = No live tokens
tokens-none-help = When a client gets an opaque token, it appears here until it ends.
tokens-id-short = Give at least the first 8 digits of a token's id, such as 9f86d081.
tokens-id-unknown = No token has this id. One that expired may have left.
tokens-find-lead = Whose is a token that turned up somewhere? It is looked for by its hash; it is neither kept nor shown nor logged.
tokens-find-field = Access or refresh token
tokens-find-help = Paste the whole token. Whoever else has seen it may have used it: revoke it here.
tokens-find-button = Find token
tokens-find-none = This is no token of this server, or it expired and has left.
token-title = { $kind } { $id }
token-grant = Grant
token-grant-last-used = Grant last used
token-revoke-title = Revoke this token
token-revoke-help = It stops working at once; other tokens of the grant stay.
token-revoke = Revoke token
token-revoke-question = Revoke this access token?
token-revoke-lead = { $client } can no longer use it for { $user }. It may have others of the same grant.
token-revoke-lead-machine = { $client } can no longer use it for itself. It may have others of the same grant.
token-revoke-at-once = This token stops working at once
token-revoke-others-stay = The grant and its other tokens stay
token-revoked = The token was revoked.
client-revoke-question = Revoke everything { $client } was given?
client-revoke-lead = Users are asked again when they next use it. To stop it altogether, disable it.
client-revoke-button = Revoke all grants
client-revoke-ends =
    { $grants ->
        [one] 1 live grant
       *[other] { $grants } live grants
    } and { $tokens ->
        [one] 1 token
       *[other] { $tokens } tokens
    } stop working at once
client-revoked = Everything it was given was revoked.

## Sessions of all users

all-sessions-lead = The browsers in which people are signed in, the last used first.
all-sessions-none = Nobody is signed in
all-sessions-none-help = A session appears here when somebody signs in, and leaves when it ends.
all-sessions-end-of = the session of { $user } in { $browser }
all-sessions-end-question = End the session of { $user }?
all-sessions-end-lead = { $browser } is signed out. They can sign in again at once.
all-sessions-end-button = End session
all-sessions-end-grants =
    { $count ->
        [one] 1 grant that was given in it ends with it, with its tokens
       *[other] { $count } grants that were given in it end with it, with their tokens
    }
all-sessions-end-told = Clients that took part are told
all-sessions-ended = { $user } is signed out of that browser.

## Playground

playground-lead = Try what a client may do, against the real endpoints, and read every request and answer.
playground-none = No client found
playground-none-help = Create a client first, or search for another name.
playground-new-client = New client
playground-title = Try { $client }
playground-show-lead = Real requests to the real endpoints. For ten minutes at a time the console acts for this client, with a secret and a redirect URI of its own; the audit log says so.
playground-request = Request
playground-answer = Answer
copy-request = request
copy-answer = answer
playground-terminal = The same in a terminal
playground-meaning = What it means
playground-meaning-short = Meaning
playground-code-group = The code that came back
playground-code = Authorization code
playground-code-help = It is good for a minute, and once.
playground-redeem = Redeem the code
playground-has = What it has now
playground-introspect = Introspect
playground-userinfo = User info
playground-refresh = Refresh
playground-revoke = Revoke
playground-begin = Begin
playground-scopes-help = Separated by a space.
playground-resource-help = The API that the token is for, if not this server.
playground-sign-in = Sign in as yourself
playground-for-itself = Get a token for itself
playground-device-start = Begin as a device
playground-device-group = The device waits
playground-device-help = This is what the device shows. Open the page in another tab, enter the code and answer; then poll, not more often than every five seconds.
playground-device-open = Open the page on which the code is entered
playground-device-code = Device code
playground-device-code-help = The device keeps it to itself and polls with it. It is good for ten minutes unless set otherwise.
playground-poll = Poll
playground-poll-title = Poll for the token
playground-device-pending = Nobody has answered yet. The device goes on polling, five seconds apart.
playground-device-slow-down = It polled too soon. From now on it waits five seconds longer between two polls.
playground-device-denied = Somebody said no. The device stops polling and says so.
playground-device-expired = Nobody answered in time. The device starts again with a new code.
playground-comes-back = The browser comes back
playground-refused = refused
playground-a-code = a code
playground-get-token = Get a token
playground-introspect-title = Introspect the access token
playground-revoke-title = Revoke the access token
playground-userinfo-title = Ask who the user is
playground-choose = Choose what to try.
playground-the-answer = The answer
playground-opaque = Opaque: random characters. What it stands for is known here only, and introspection says it.
playground-jwt-ours = A JWT of type { $kind }, signed { $algorithm } with the key { $key }: its signature is ours.
playground-jwt-not-ours = A JWT of type { $kind }, signed { $algorithm } with the key { $key }: its signature is not ours.
meaning-active = Whether the token counts now.
meaning-iss = Who issued it: a client accepts no other issuer.
meaning-sub = Whom it is about: the user's id for this client, or the client itself.
meaning-aud = For whom it is: everybody else refuses it.
meaning-client = The client it was issued to.
meaning-exp = It counts until then.
meaning-iat = When it was issued.
meaning-nbf = It does not count before.
meaning-jti = Its own identifier.
meaning-scope = What it opens.
meaning-token-type = How it is presented.
meaning-username = The account's name here.
meaning-auth-time = When the user last proved who they are.
meaning-nonce = What the client sent with its request, to bind the token to it.
meaning-acr = How strongly the user proved who they are.
meaning-amr = By which means.
meaning-at-hash = Binds the access token that came with it.
meaning-sid = The browser session, for logout.
meaning-cnf = The key that its sender must prove to have.
meaning-profile = From the user's profile: scope profile.
meaning-email = The user's e-mail address: scope email.
meaning-phone = The user's telephone number: scope phone.
meaning-address = The user's postal address: scope address.
meaning-updated-at = When the profile last changed.
meaning-access-token = Opens the API.
meaning-refresh-token = Gets the next access token.
meaning-id-token = Says who signed in.
meaning-expires-in = Seconds that the access token lives.
meaning-device-code = What the device polls with; nobody else sees it
meaning-user-code = What the device shows, for somebody to enter
meaning-verification-uri = Where it is entered
meaning-verification-uri-complete = The same with the code in it, for a QR code
meaning-interval = How many seconds lie between two polls
meaning-other = Set by an admin or by a custom scope.

## Here and there

copied = Copied
copied-not = Not copied
search-stopped = The search stopped before the end, because the list is long. <a href="{ $on }">Search on</a>
connect-protects = An API of your own that opens for a valid access token only.

## Audit log

audit-lead = Who did what, when, and from where. Times are in UTC.
audit-day-from = From
audit-day-to = To
audit-no-match = Nothing matches
audit-no-match-help = Widen the dates, or leave a field empty.
audit-none = Nothing happened yet
audit-none-help = Sign-ins, changes and refusals appear here.
audit-anything = Anything
audit-choose = Choose one from the list.
audit-day-malformed = Give a day, such as 2026-03-14.
action-client-authentication-failed = Client authentication failed
action-client-deleted = Client deleted
action-client-disabled = Client disabled
action-client-enabled = Client enabled
action-client-expired = Client expired: nobody allowed it
action-client-registered = Client registered itself
action-client-secret-added = Secret added
action-client-secret-deleted = Secret deleted
action-client-updated = Client changed
action-consent-denied = Access denied
action-consent-given = Access allowed
action-mail-retried = Letter sent again
action-consent-restored = Withdrawal undone
action-consent-withdrawn = Access withdrawn
action-grant-issued = Grant issued
action-grant-replayed = Code or refresh token replayed
action-grant-revoked = Grant revoked
action-keys-rotated = Keys rotated
action-login-succeeded = Signed in
action-logout-retried = Sign-out repeated to a client
action-registration-token-created = Registration token made
action-registration-token-revoked = Registration token revoked
action-resource-created = Resource created
action-resource-updated = Resource changed
action-resource-deleted = Resource deleted
action-scope-created = Scope created
action-scope-deleted = Scope deleted
action-scope-updated = Scope changed
action-session-all-ended = Signed out everywhere
action-session-ended = Session ended
action-token-revoked = Token revoked
action-user-created = User created
action-user-deleted = User deleted
action-user-disabled = User disabled
action-user-enabled = User enabled
action-user-email-change-asked = Another e-mail address asked for
action-user-email-change-cancelled = Change of e-mail address cancelled
action-user-email-confirmed = E-mail address confirmed
action-user-email-link-made = Link to confirm an address made
action-user-email-link-sent = Link to confirm an address sent
action-user-link-made = Set-password link made
action-user-password-set = Password set
action-user-updated = User changed
audit-anonymous = Nobody signed in
audit-before = called { $text } before
audit-withdrawn = withdrawn: { $text }
audit-issued-kept = what was issued stays
audit-issued-ended = what was issued has ended
audit-as = As { $text }
audit-changed = Changed: { $text }
audit-claims = Claims: { $text }
audit-client = Client: { $text }
audit-default = Default
audit-grant-of = Grant of { $name }
audit-grants =
    { $count ->
        [one] 1 grant
       *[other] { $count } grants
    }
audit-next = New next keys: { $text }
audit-not-default = Not default
audit-operator = Command line
audit-registration-token = Registration token: { $text }
audit-scopes = Scopes: { $text }
audit-secret = Secret: { $text }
audit-sessions =
    { $count ->
        [one] 1 session
       *[other] { $count } sessions
    }
audit-until = Until { $when }
audit-uses =
    { $count ->
        [one] 1 use
       *[other] { $count } uses
    }
action-user-role-changed = Role changed
audit-was = Was { $role }
audit-is = Is { $role }
action-audit-log-exported = Audit log exported
audit-export = Export
audit-verify-short = Verify
audit-from-where = From where
audit-verify-lead = Each entry is chained to the one before by a hash that needs the server's secret key.
audit-verify-entries = Entries checked
audit-verify-position = Position
audit-verify-hash = Hash
audit-verify-keep = Keep position and hash elsewhere: a database that was put back as a whole no longer has them.
audit-verify-next = Check the next entries
audit-verify-again = Verify again
copy-hash = hash
audit-verify = Verify the audit log
audit-verify-whole = Nothing was taken out, and nothing was changed.
audit-verify-so-far = So far nothing was taken out or changed.
audit-verify-broken = The log is broken at entry { $entry }: { $what }.
audit-export-malformed = Give a day, such as 2026-03-14, and the end after the beginning.
action-client-tried = Client tried in the playground
action-client-created = Client created
action-client-grants-revoked = Grants of a client revoked
action-client-secret-expiry-set = Expiry of a secret changed
action-login-failed = Sign-in refused

## Registration tokens

registration-lead = Who has one may let clients register themselves.
registration-new = New token
registration-none = No registration tokens
registration-none-help = Make one for software that registers its clients by itself. It works as often as you say.
registration-whom = For whom
registration-made = Made
registration-nobody = Nobody in particular
registration-endpoint = Registration endpoint
registration-endpoint-help = Where clients send the token and their metadata.
registration-copy = <strong>Copy the token now.</strong> We keep only its digest and cannot show it again.
registration-token = Registration token
registration-token-help = Clients send it as a bearer token when they register.
registration-continue = Continue to the tokens
registration-note = Whom it is for
registration-note-help = For your own overview.
registration-uses = How many clients
registration-uses-help = As many clients can be registered with it.
registration-lifetime = Works for
registration-lifetime-help = Clients that it registered stay.
registration-make = Make token
revoke = Revoke
registration-revoke-which = the token made { $when }
registration-revoke-question = Revoke this registration token?
registration-revoke-lead = Nobody can register a client with it any more.
registration-revoke = Revoke token
registration-revoke-nobody = It was made for nobody in particular
registration-new-title = New registration token
registration-made-title = Registration token made
registration-used-up = Used up
registration-revoked = The registration token was revoked.
registration-revoke-clients =
    { $count ->
        [one] 1 client registered with it, and works on
       *[other] { $count } clients registered with it, and work on
    }
registration-left =
    { $count ->
        [one] 1 client
       *[other] { $count } clients
    } left

## Mail

mails-lead = Letters to users, and whether the mail server took them. Kept for 7 days.
mails-none = No letters
mails-none-help = When a password changes, or somebody signs in with a new browser, the user is told by mail, and the letter appears here.
mails-not-set-up = There is no mail server. Set GRANTOR_SMTP_URL and GRANTOR_MAIL_FROM, then restart.
mails-about = About
mails-to = To
mails-sent = Sent
mails-retried = The letter will be sent again now.
mails-retry-which = to write to { $username }
mail-hello = Hello { $name },
mail-hello-nobody = Hello,
mail-look = Look at what happened to your account
mail-not-you = If this was you, there is nothing to do. If not, open the page below, end all other sessions there, and choose a new password.
mail-password-changed = Your password was changed
mail-password-changed-what = The password of your account { $username } at { $product } was changed on { $at }.
mail-password-changed-then = If this was you, there is nothing to do. If not, ask your administrator at once for a link to choose a new one: with the old password you cannot sign in any more, and whoever changed it can.
mail-new-browser = Somebody signed in with a new browser
mail-new-browser-what = Somebody signed in to your account { $username } at { $product } with a browser that is new to it: { $browser }, from the address { $address }, on { $at }.
mail-email-changed = Your e-mail address was changed
mail-email-changed-what = The e-mail address of your account { $username } at { $product } was changed on { $at }. Letters go to the new one from now on.
mail-email-asked = Another e-mail address was asked for
mail-email-asked-what = Somebody who knows the password asked on { $at } for another e-mail address for your account { $username } at { $product }. Letters go to this one until the new one is confirmed.
mail-email-asked-then = If this was you, there is nothing to do. If not, open the page below, cancel the change, and choose a new password.
mail-email-asked-link = Look at your profile
mail-confirm-email = Confirm your e-mail address
mail-confirm-email-what = The account { $username } at { $product } wants to use the address { $address }.
mail-confirm-email-then = If this is your account, confirm the address with the link below. It works once, within 24 hours. If not, do not open it: then nothing happens.
mail-confirm-email-link = Confirm the address
mail-email-taken = Your e-mail address was asked for
mail-email-taken-what = Somebody asked to use this address for an account at { $product }. It belongs to another account there, so nothing has changed.
mail-email-taken-then = If this was you, sign in to the account that has the address, or take it from there first. If not, there is nothing to do.
mail-set-password = Choose your password
mail-set-password-what = Your account { $username } at { $product } is waiting for a password that you choose.
mail-set-password-then = The link below works once, within 24 hours. If you did not expect this letter, do not open it.
mail-set-password-link = Choose a password
mail-footer = Sent by { $product }, { $issuer }. Nobody reads answers to this letter.
user-email-confirm = Confirm the e-mail address
user-email-pending = Asked for <b>{ $address }</b> { $when }, and has not confirmed it yet.
user-email-pending-same = <b>{ $address }</b> waits to be confirmed since { $when }.
user-email-unverified = Nobody knows whether letters to it reach them.
user-email-send = Send confirmation
user-email-link-make = Make confirmation link
user-email-link = Link to confirm an address
user-email-link-title = Confirmation link
user-email-link-copy = <strong>Copy the link now.</strong> It is not shown again. Whoever opens it says that they read the letters to { $address }, so hand it over in private.
user-email-link-question = Make a link for { $username } to confirm an address?
user-email-link-lead = You get a link that works once. Whoever opens it confirms { $address }, so make sure that it is theirs, and hand it over in private.
user-email-mail-question = Send { $username } a link to confirm an address?
user-link-mail = Send it by mail
user-link-mail-help = A new link goes to { $address }; the one above ends.
user-link-mail-question = Send { $username } a link to choose a password?
user-link-mail-lead = It goes to { $address } and works once, within 24 hours.
user-link-mail-send = Send link by mail
user-link-mailed = A link to choose a password is on its way to { $address }.

## Sign-outs

deliveries-lead = What clients were told when a session ended (back-channel logout). Kept for 7 days.
deliveries-none = Nothing to tell
deliveries-none-help = When a user signs out, clients with a back-channel logout URI are told, and the result appears here.
deliveries-signed-out = Signed out
deliveries-attempts = Attempts
deliveries-retry = Try again
deliveries-retry-which = to tell { $client }
deliveries-delivered = Delivered
deliveries-given-up = Given up
deliveries-waiting = Waiting
deliveries-trying = Trying
deliveries-deleted-user = Deleted user
deliveries-retried = The client will be told again now.
deliveries-next = Next attempt { $when }.

## Two admins at one form

outdated-lead = Somebody else has changed this meanwhile, so nothing was saved. What you typed is still here; saving again replaces what is stored now.
outdated-empty = It is empty now.
outdated-now = It is now: { $value }

## What most clients leave alone

setting-application_type = Application type
setting-application_type-help = What runs it: a server and a browser, or the device itself.
setting-application_type-web = Web site
setting-application_type-native = App on the user's device
setting-of-kind = What suits what you are connecting
setting-initiate_login_uri = Sign-in page of the client
setting-initiate_login_uri-help = Where a sign-in that starts elsewhere is sent, so that the client can begin it.
setting-post_logout_redirect_uris = After signing out
setting-post_logout_redirect_uris-help = Where users may return after they signed out, one address per line.
setting-default_max_age = Sign in again after
setting-default_max_age-help = Seconds after which users must prove themselves again. Empty means that their session counts.
setting-require_auth_time = Say when users signed in
setting-require_auth_time-help = Each ID token carries the time of the sign-in (auth_time).
setting-subject_type = What it calls users
setting-subject_type-help = Changing this later makes every user look new to the client.
setting-subject_type-public = The same id as other clients
setting-subject_type-pairwise = Ids of its own, so that clients cannot compare notes
setting-sector_identifier_uri = Sector identifier
setting-sector_identifier_uri-help = A JSON array of all redirect URIs, for clients with ids of their own on several hosts.
setting-access_token_format = Access token format
setting-access_token_format-help = Opaque tokens can be revoked at once. A JWT is checked without asking us and lives at most 10 minutes.
setting-access_token_format-opaque = Opaque
setting-access_token_signing_alg = Access tokens are signed with
setting-access_token_signing_alg-help = Counts where they are JWTs, by the format here or by that of a resource. ES256 is short and quick to sign; every resource server knows RS256.
setting-access_token_lifetime = Access token lifetime
setting-access_token_lifetime-help = Seconds.
setting-refresh_token_lifetime = Refresh token lifetime
setting-refresh_token_lifetime-help = Seconds in all, however much it is used.
setting-id_token_lifetime = ID token lifetime
setting-id_token_lifetime-help = Seconds.
setting-id_token_signed_response_alg = ID tokens are signed with
setting-id_token_signed_response_alg-help = Every OpenID Connect library knows RS256.
setting-userinfo_signed_response_alg = User info is signed with
setting-userinfo_signed_response_alg-help = Plain JSON is what nearly all clients expect.
setting-userinfo_signed_response_alg-default = Nothing: plain JSON
setting-refresh_token_rotation = Rotate refresh tokens
setting-refresh_token_rotation-help = Each works once, and its use brings the next.
setting-require_pkce = Require PKCE
setting-require_pkce-help = Turn it off only for software that cannot do it.
setting-skip_consent = Skip consent
setting-skip_consent-help = Users are not asked. Only for your own software.
setting-backchannel_logout_uri = Back-channel logout address
setting-backchannel_logout_uri-help = We tell the client here, server to server, that a user has signed out.
setting-backchannel_logout_session_required = Name the session there
setting-backchannel_logout_session_required-help = The message says which session has ended (sid), for clients that keep several.
setting-frontchannel_logout_uri = Front-channel logout address
setting-frontchannel_logout_uri-help = The user's browser loads it while signing out. It is on a host of the redirect URIs.
setting-frontchannel_logout_session_required = Name the session in its address
setting-frontchannel_logout_session_required-help = The address gets the issuer and the session (iss, sid) as parameters.
setting-jwks_uri = Address of its public keys
setting-jwks_uri-help = A JWK set that the client publishes, so that it can change its keys by itself.
setting-jwks = Its public keys
setting-jwks-help = The JWK set itself, for a client that publishes none. One of the two is enough.
setting-token_endpoint_auth_signing_alg = It signs with
setting-token_endpoint_auth_signing_alg-help = The one algorithm of the assertions by which it proves itself.
setting-token_endpoint_auth_signing_alg-default = Any algorithm that we know
setting-client_assertion_audience = Audience of its assertions
setting-client_assertion_audience-help = Older libraries send the token endpoint's URL.
setting-client_assertion_audience-issuer = The issuer only
setting-client_assertion_audience-token_endpoint = The token endpoint's URL too
setting-client_uri = Website
setting-client_uri-help = Where people read more about it.
setting-logo_uri = Logo
setting-logo_uri-help = Kept for software that asks. Our own pages show no pictures from elsewhere.
setting-policy_uri = Privacy policy
setting-policy_uri-help = What it does with people's data.
setting-tos_uri = Terms of service
setting-tos_uri-help = What people agree to when they use it.
setting-localized = In other languages
setting-localized-help = Name and addresses for readers of another language, one per line, for example client_name#ko = 보고서. Also client_uri, policy_uri, tos_uri and logo_uri.
setting-contacts = Contacts
setting-contacts-help = E-mail addresses of the people who run it, one per line.
setting-group-sign-in = Sign-in
setting-group-of-kind = Kind and authentication
setting-group-tokens = Tokens
setting-group-logout = Logout
setting-group-keys = Keys
setting-group-about = About
setting-empty-means = { $help } Empty means { $time }.
setting-given-by-value = Given by value

## A new client's values and programs

connect-programs = Programs that work as they are
connect-programs-help = Each is filled in with this client's own values. Most libraries need only the issuer, and find the rest by themselves.
connect-before = Before it
connect-run = How to run it
connect-resource = MCP server or API that the tokens are for
connect-resource-show = Show programs for it
copy-commands = commands
connect-title = Connect it

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
error-too-many-what = There were too many requests or attempts.
error-unavailable = We are not quite ready
error-unavailable-remedy = Try again shortly: wait a few seconds, then reload this page.
error-unavailable-what = The server is busy or restarting. Nothing was changed.
body-incomplete = The body did not arrive completely.
body-malformed = The form cannot be read: a value is too long, is not UTF-8, or holds a zero byte.
body-too-large = A form has at most { $most } KiB, and { $files } MiB with files. A larger configuration is imported at the command line.
headers-too-large = The headers of the request are longer than { $most } KiB together.
cookies-too-large = The browser sent more than { $most } KiB of cookies, or more than { $count } of them. Delete the cookies of this site, then try again.
body-wrong-type = The form was sent in a way that is not understood. Use the buttons on the page.

## Values that were refused

import-problem = { $path }: { $problem }
import-no-json = This is no JSON. Send a file that `grantor export` wrote, whole and unchanged but for values.
import-format = Write { $format }, if that is what this file is.
import-newer = A newer Grantor wrote version { $version } of this file; this one reads up to { $known }. Update this one first.
import-version = Write { $known }.
import-setting = Write a string or a number, or leave the setting out.
import-token-format = Write "opaque", "jwt" or null.
import-list = Write a list: […].
import-digest = Write the secret's SHA-256 as 64 hexadecimal digits in lower case, never the secret itself.
import-logo = Write a picture in base64, or null for none.
import-time = Write seconds since the epoch, or null for never.
import-object = Write an object: { $example }.
import-unknown = This member is not known here. Write one of { $members }, or leave it out.
import-text = Write a string.
import-switch = Write true or false.
import-texts = Write a list of strings.
import-no-scopes = An empty list would mean none. Name the scopes, or write null for all.
import-client-id = A client id has from 1 to 200 letters, digits and signs, without spaces.
import-client-registered = A client that registered itself here has this id. Delete that one first, or leave this one out.
import-secret-twice = The same secret is here twice. Leave one out.
import-secrets = With those that the client has here it would have { $count } secrets, and two is the most. Delete one here, or import with --prune, which ends those that the file does not have.
colour-malformed = Write the colour as # and six hexadecimal digits, for example #0f6b63.
colour-light = { $colour } has a contrast of { $ratio } to 1 on light pages, where links and buttons need 4.5. Choose { $better }, or another darker one.
colour-dark = { $colour } has a contrast of { $ratio } to 1 on dark pages, where links and buttons need 4.5. Choose { $better }, or another lighter one.
logo-large = This picture has { $size } KiB. Choose one of at most { $most } KiB; 400 pixels of width are enough.
logo-format = This is no PNG, JPEG or WebP picture. Save the logo as one of these.
logo-malformed = Write the picture in base64.
branding-name-long = Give the server a name of 1 to { $most } characters.
branding-name-signs = Write the name on one line.
branding-text-long = Write at most { $most } characters.
branding-link = Write a whole address, for example https://example.com/privacy.
unit-seconds = seconds
unit-days = days
unit-requests = requests
unit-characters = characters
unit-failures = failures
unit-clients = clients
unit-devices = devices
unit-connections = connections
unit-rows = rows
policy-unknown = There is no setting called { $name }.
policy-choice = `{ $text }` is no choice; write one of { $names }
policy-number = `{ $text }` is out of range; write a whole number from { $least } to { $most } ({ $unit })
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
email-same = This is your address already. Enter another one.
email-unusable = This address cannot be used for this account any more. Sign in and choose another one.
email-nothing-to-confirm = There is no address to confirm.
management-deleted = It was deleted meanwhile.
management-outdated = Somebody else has changed this meanwhile. Load it again and repeat your change.
password-breached = This password is in a list of passwords that were stolen elsewhere, which are tried first. Choose another, and change it wherever you use it.
password-common = Many people have this password, so it is tried first. Choose another, for example four unrelated words.
password-date = Dates and years are easy to guess. Choose another password, for example four unrelated words.
password-easy = This password is easy to guess. Choose another, for example four unrelated words.
password-keys = Keys that are neighbours on the keyboard are easy to guess. Choose another password, for example four unrelated words.
password-name = Names are easy to guess. Choose another password, for example four unrelated words.
password-nearly-common = This is a common password with small changes, which are tried too. Choose another, for example four unrelated words.
password-personal = This password is easy to guess for whoever knows your name or address. Choose another, for example four unrelated words.
password-repeats = This password repeats itself, which adds little to guess. Choose another, for example four unrelated words.
password-sequence = Sequences such as abcd or 6543 are easy to guess. Choose another password, for example four unrelated words.
password-long = Choose a password of at most { $most } characters.
password-short = Choose a password of at least { $least } characters; a sentence works well.
user-no-address = This account has no e-mail address. Hand the link over instead.
user-last-admin = This is the only administrator left. Make another account administrator first.
username-empty = Enter a username, for example alice.
username-long = A username has at most 64 characters.
username-signs = A username has no spaces and no @ sign, for example alice.
username-taken = This name belongs to another account. Choose another.

## What an error means, where error_uri leads

help-access-denied = The person at the browser said no, or the client is disabled.
help-access-denied-developer = Tell them what the access is for, and let them try again when they want to.
help-authorization-pending = The device waits until somebody enters its code and decides.
help-authorization-pending-developer = Poll again after the interval of the device authorization, until the device code expires. After slow_down wait five seconds longer from then on.
help-expired-token = The code that the device showed has expired. Let the device show a new one.
help-expired-token-developer = Nobody answered while the device code lived. Start a new device authorization when the user asks for it.
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
help-temporarily-unavailable = The server is busy, there were too many attempts, or the keys at the client's jwks_uri could not be fetched.
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
attention-clocks = The clocks of this server and of the database differ by { $count } seconds
attention-clocks-do = Until they agree, this server deletes nothing that has expired and rotates no keys; if it is the database's clock that is wrong, no server does. Set both clocks by NTP.
attention-durability = PostgreSQL runs with { $settings } = off
attention-durability-do = When its machine crashes or loses power, tokens, sign-ins and revocations that it has confirmed may be gone, or the whole database damaged. Set that to on in postgresql.conf and reload it; only storage that keeps all it is given by itself, as with some hosted databases, does without.
attention-no-key = An algorithm has no key to sign with
attention-overdue = The signing keys are overdue for rotation
attention-overdue-do = The job that looks after keys does not get its work done; the log says why. Rotate by hand meanwhile.
attention-passwords =
    { $count ->
        [one] One sign-in found the queue for passwords full
       *[other] { $count } sign-ins found the queue for passwords full
    }
attention-passwords-do = In the last minutes more people signed in than the processors can check passwords for. If it is an attack, it is slowed down already; if it lasts, give the server more processors.
attention-proxy = { $address } passes requests on, and is not trusted
attention-proxy-do = If it is your reverse proxy, set GRANTOR_TRUSTED_PROXIES to its address or network. Until then everybody behind it counts as one address, and the limits of an address hold for all of them together.
attention-clients =
    { $count ->
        [one] 1 client has a security finding that should not wait
       *[other] { $count } clients have security findings that should not wait
    }
attention-clients-do = The review says what is wrong with each, and most findings have a button that mends them.
attention-rotation =
    { $count ->
        [0] The signing keys rotate within a day
        [one] The signing keys rotate in a day
       *[other] The signing keys rotate in { $count } days
    }
attention-rotation-do = This happens by itself: the next keys are published already. Only a verifier that keeps a copy of the keys for long needs to fetch them again.
attention-see-audit-log = See the audit log
attention-see-review = See the security review
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
job-review = Security review
job-review-does = Reviews clients that were changed, and all of them once a day
reason-access-denied = A person said no, or may not
reason-insufficient-scope = Access token without the scope
reason-invalid-client = Unknown client, or wrong credentials of a client
reason-invalid-grant = Code or refresh token unknown, expired or used
reason-invalid-request = Request that the specifications do not allow
reason-invalid-scope = Scope unknown, or not for this client
reason-invalid-target = Resource unknown
reason-invalid-token = Access token unknown, expired or revoked
reason-keys-unavailable = A client's keys could not be fetched
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
user-link-not-allowed = Only an administrator makes links for those who work in the console. Ask one.
scope-taken = A scope with this name exists already. Change that one, or choose another name.
scope-claims-of-server = The server itself decides which claims this scope opens. Leave them as they are.
scope-no-default = A scope of the management API is no default. Name it in each client that needs it.
scope-claim-name = The name of a claim has from 1 to { $most } characters and no spaces.
scope-claims-many = A scope opens at most { $most } claims.
scope-description-missing = Say in a few words what the scope allows; users read it before they consent.
scope-description-long = Write one line of at most 500 characters.
scope-needed = The server itself needs this scope, so it cannot be deleted.
scope-named = { $count } clients name this scope. Take it away there first, then delete it.
scope-named-once = 1 client names this scope. Take it away there first, then delete it.
resource-name-malformed = Give the API a name of at most 200 characters.
scope-unknown = One of the scopes does not exist. Create it first.
resource-taken = A resource with this identifier exists already.
resource-client-unknown = There is no client with the id { $id }.
resource-client-public = { $client } ({ $id }) is a public client and cannot prove who it is. Name a confidential one.
registration-uses-malformed = A token registers from 1 to { $most } clients.
registration-lifetime-malformed = A token lives from 1 to { $most } seconds.
registration-note-long = Write one line of at most { $most } characters.
client-public-no-secret = A public client has no secret. Change its token_endpoint_auth_method first.
client-two-secrets = This client has two secrets already. Delete the one that is no longer used first.
client-only-secret = This is the client's only secret that works. Add a new one first, or disable the client.
keys-too-young = The next keys were published a moment ago, and those who check tokens may not have fetched them yet. Wait { $minutes } minutes, unless a private key may have leaked.
resource-identifier-long = A resource identifier has at most 2048 characters.
resource-identifier-spaces = A resource identifier is a URL without spaces, for example https://api.example.com/.
resource-identifier-relative = A resource identifier is an absolute URL, for example https://api.example.com/.
resource-identifier-fragment = A resource identifier has no fragment (#…), for example https://api.example.com/.
resource-identifier-user = A resource identifier has no user name in it, for example https://api.example.com/.
scope-name-signs = A scope name holds letters, digits and signs without spaces, quotes or backslashes, for example reports:read.
scope-name-long = A scope name has at most { $most } characters.
scope-name-empty = A scope needs a name, for example reports:read.
metadata-number = Number { $number }: { $problem }
metadata-grant-types = Use authorization_code, refresh_token, client_credentials or urn:ietf:params:oauth:grant-type:device_code.
metadata-seconds = Send a whole number of seconds, from { $from } to { $to }.
metadata-choice = Use { $names }.
metadata-name-long = A name has at most { $most } characters.
metadata-localized = { $member }: { $problem }
metadata-language-tag = After the # comes the tag of a language, for example client_name#ko.
metadata-many = A client has at most { $most } of them.
metadata-needs-redirect-uri = A client with the authorization_code grant needs a redirect URI, for example https://app.example.com/callback.
metadata-no-redirect-uris = Only a client with the authorization_code grant has redirect URIs. Remove them, or add the grant type.
metadata-refresh-needs-code = The refresh_token grant needs the authorization_code or the device_code grant beside it.
metadata-public-machine = A public client cannot use client_credentials. Choose a secret as token_endpoint_auth_method, or remove the grant type.
metadata-public-pkce = A public client always needs PKCE. Leave require_pkce true.
metadata-public-rotation = The refresh tokens of a public client always rotate. Leave the member out.
metadata-jwks-both = Send either jwks or jwks_uri, not both.
metadata-needs-keys = A client with private_key_jwt needs its public keys: send jwks_uri or jwks.
metadata-sector = Pairwise subjects need one host for all redirect URIs, or a sector_identifier_uri that lists them.
metadata-frontchannel-origin = It must have scheme, host and port of one of the redirect URIs.
metadata-name-missing = Give the client a name that its users will recognise.
metadata-name-control = A name has no line breaks or other control characters.
metadata-only-code = Only code is supported.
metadata-no-response-types = A client without the authorization_code grant has no response types.
metadata-auth-method = Use client_secret_basic, client_secret_post, private_key_jwt or none.
metadata-scopes-long = The scopes are longer than 4096 characters together.
metadata-scope-names = Scope names are separated by a space and have no quotes or backslashes.
metadata-https = Send an https URL in full, without patterns such as *, for example https://app.example.com/.
metadata-contacts = Send at most 20 e-mail addresses.
metadata-fragment = The URL has no fragment: leave out the # and what follows.
metadata-jwk-set = Send a JWK set: an object whose member keys is an array of keys.
metadata-jwks-count = Send from 1 to 32 keys.
metadata-private-key = A key has private members. Send public keys only, and replace the one that was sent.
metadata-kty = A key has no kty.
metadata-boolean = Send true or false.
metadata-zero-byte = The text holds a zero byte.
metadata-string = Send a string.
metadata-strings = Send an array of strings.
metadata-no-usable-key = None of the keys can be used. Send one for RS256, PS256, ES256 or EdDSA.
metadata-bad-key = A key cannot be used: { $error }.
metadata-not-fetched = It cannot be fetched: { $error }.
metadata-status = It answers with status { $status }.
metadata-sector-no-array = There is no JSON array of redirect URIs at this address.
metadata-sector-lacks = The array at this address lacks one of the redirect_uris. Add it there first.
redirect-uri-empty = a redirect URI is empty; send an absolute URI such as https://app.example/callback
redirect-uri-long = a redirect URI has more than { $most } bytes; send a shorter one
redirect-uri-character = a redirect URI contains { $character }, which URIs do not have; percent-encode it, and write the host in ASCII
redirect-uri-percent = a redirect URI contains % without two hexadecimal digits; write a literal % as %25
redirect-uri-wildcard = a redirect URI contains *; register every URI in full, patterns are not supported
redirect-uri-fragment = a redirect URI has a fragment; leave out # and what follows it
redirect-uri-relative = a redirect URI is not absolute; start it with https:// or with the private-use scheme of your app
redirect-uri-dangerous-scheme = a redirect URI has the scheme { $scheme }, which can never receive a response; use https, or a private-use scheme such as com.example.app
redirect-uri-scheme = a redirect URI has the scheme { $scheme }; use https, or a private-use scheme that is a domain of yours in reverse, such as com.example.{ $scheme } (RFC 8252 section 7.1)
redirect-uri-clear-text = a redirect URI has http to another host; use https (http is for 127.0.0.1, [::1] and localhost only)
redirect-uri-user-info = a redirect URI has user information before its host; leave out everything up to @
redirect-uri-host = a redirect URI has no valid host or path; write it like https://app.example/callback
redirect-uri-port = a redirect URI has no valid port; write a number from 1 to 65535 or leave out the colon
redirect-uri-parameter = a redirect URI has { $name } in its query, which the authorization response adds itself; rename the parameter
audit-when-malformed = Give a day, such as 2026-03-14, or a time in UTC, such as 2026-03-14T09:30.
audit-when-order = Give a time that is after the first one.
audit-altered-mark = the mark of where the chain begins or ends was altered
audit-missing-link = the link at this position is missing
audit-missing-entry = the entry at this position was taken out
audit-altered-entry = the entry at this position, or its link, was altered
audit-foreign-entry = this entry was put in: it has no place in the chain
audit-missing-end = the newest entries, from this position on, were taken out

## Console: Settings

place-settings = Settings
settings-lead = What holds for everybody here. A change acts at once, in every process on this database.
settings-changed = { $count ->
    [one] 1 differs from the default
   *[other] { $count } differ from the default
  }
settings-save = Save
settings-saved = The settings are saved, and in force.
settings-default = Default: { $value }.
settings-default-none = Default: no limit.
settings-default-share = Default: a quarter of all; if that is less than 512, then 512, but three quarters at most.
settings-default-seconds = In seconds. Default: { $value }, which is { $time }.
settings-as-default = the default
settings-fixed = Fixed by <code>{ $place }</code>. To decide it here, take it away there and restart the server.
settings-reset = Reset to the default
settings-reset-note = { $name } is filled in with its default. Save to make it so.
settings-lifetimes = Lifetimes
settings-lifetimes-lead = How long codes, tokens and sessions live. What was issued keeps the end it was given.
settings-access = Registration and passwords
settings-access-lead = Who may register clients, and what a password needs.
settings-limits = Rate limits
settings-limits-lead = When somebody is slowed down. Each process counts for itself.
settings-retention = Retention
settings-retention-lead = How long records and keys are kept.
action-settings-changed = Settings changed
policy-code = Authorization code
policy-code-help = How long an application may take to redeem it.
policy-access = Opaque access token
policy-access-help = Revoking one acts at once, however long it lives. Clients may have a lifetime of their own.
policy-jwt = JWT access token
policy-jwt-help = APIs that check it by themselves believe it until it ends, so at most 600.
policy-refresh-idle = Unused refresh token
policy-refresh-idle-help = How long an application may be away and still come back without its user.
policy-refresh = Refresh token in all
policy-refresh-help = However much it is used, its user has to sign in again after this time.
policy-retry = Repeating a rotated refresh token
policy-retry-help = An application that lost the answer may ask again within this time; 0 for never.
policy-id-token = ID token
policy-id-token-help = How long an application may believe the sign-in it was told about.
policy-device-code = Device code
policy-device-code-help = How long somebody may take to allow a device that has no browser.
policy-session-idle = Unused browser session
policy-session-idle-help = Whoever does nothing for so long has to sign in again.
policy-session = Browser session in all
policy-session-help = However much happens in it, it ends after this time.
policy-registration = Who may register clients
policy-registration-help = Applications that register themselves at /oauth2/register. Admins always may, here.
policy-registration-closed = Nobody
policy-registration-token = Holders of a registration token
policy-registration-open = Anybody
policy-password = Fewest characters of a password
policy-password-help = From 8 to 64. Counts for passwords that are chosen from now on.
policy-rate-limits = Rate limits
policy-rate-limits-help = Off is for load tests and certification runs: then passwords may be guessed without end.
policy-rate-limits-on = On
policy-rate-limits-off = Off
policy-failures = Failed attempts in 15 minutes
policy-failures-help = After so many an account, an address or a client has to wait.
policy-registrations = Clients that an address registers in an hour
policy-registrations-help = Counts where anybody may register.
policy-devices = Device codes of a client from an address in 15 minutes
policy-devices-help = Counts for devices that have no browser.
policy-stored-requests = Requests stored for an address in 3 minutes
policy-stored-requests-help = Sign-ins that an application begins, and sign-outs that it asks for, of people who are not signed in here.
policy-address = Requests from an address in a minute
policy-address-help = Of any kind. An address of a large office may stand for many people.
policy-client = Requests of a client in a minute
policy-client-help = To the token, introspection and revocation endpoints.
policy-in-flight = Requests of an address at the same time
policy-in-flight-help = Of any kind, while they are being answered. Behind a proxy that is not trusted everybody shares its address.
policy-connections = Connections of an address at the same time
policy-connections-help = To each listener. Raise it for a balancer of TCP connections. An HTTP proxy that writes X-Forwarded-For or Forwarded itself belongs in GRANTOR_TRUSTED_PROXIES instead.
policy-audit = Days the audit log goes back
policy-audit-help = Older entries leave; the chain stays whole.
policy-requests = Requests that leave a record
policy-requests-help = What the console can explain when something does not work.
policy-requests-off = None
policy-requests-failures = Those that failed
policy-requests-sample = Those that failed, and a sample of the others
policy-requests-all = All
policy-request-rows = Most records of requests
policy-request-rows-help = The oldest leave.
policy-request-days = Days a record of a request is kept
policy-request-days-help = Younger ones leave too when there are too many.
policy-rotation = Days a signing key signs
policy-rotation-help = Then the next one does, by itself.

## Console: Branding

settings-branding = Branding
settings-branding-lead = How this server presents itself to people who sign in.
brand-help = Help
brand-policy = Privacy
brand-terms = Terms
branding-name = Name
branding-name-help = What this server is called on its pages, and in the title of the window.
branding-accent = Accent on light pages
branding-accent-dark = Accent on dark pages
branding-contrast = Contrast { $ratio } to 1 where it is least; 4.5 is needed.
branding-accent-follows = Left empty, it follows from the light one: { $colour }.
branding-accent-default = Left empty, it is { $colour }.
branding-logo-now = Logo
branding-logo = Choose a logo
branding-logo-help = PNG, JPEG or WebP, at most { $most } KiB. It stands in place of the name.
branding-logo-remove = Remove the logo
branding-help = Help
branding-help-help = Linked below every page. A web address, or mailto: and an e-mail address.
branding-policy = Privacy policy
branding-terms = Terms of service
branding-texts = Words of your own
branding-login-text = On the sign-in page, { $language }
branding-consent-text = On the consent page, { $language }
branding-preview = Preview
branding-preview-lead = Nothing in it works, and nothing is saved by looking.
branding-preview-login = Preview sign-in
branding-preview-consent = Preview consent
branding-preview-language = Language of the preview

## Console: Configuration as a file

settings-configuration = Export and import
settings-configuration-lead = Settings, branding, scopes, resources and clients as a file to keep, to compare, and to set up another server like this one.
export-heading = Export
export-lead = Secrets of clients are in the file as digests. Users, passwords, sessions, tokens, keys and clients that registered themselves are not in it.
export-download = Download the configuration
export-command = On the server: <code>grantor export FILE</code>. The same configuration is always the same bytes, so that a repository shows what changed.
import-heading = Import
import-lead = First you see what would change. Nothing is done before you say so, and then all of it or nothing.
import-file = Configuration file
import-file-help = One that was exported here or elsewhere, at most 8 MiB. For larger ones use grantor import on the server.
import-prune = Remove what the file does not have
import-prune-help = Clients, scopes, resources and settings that are here and not in the file. Clients that registered themselves stay.
import-preview = See what would change
import-no-file = Choose a file that was exported.
import-title = What would change
import-preview-lead = Nothing is changed yet.
import-summary = { $added } added, { $changed } changed, { $removed } removed; { $unchanged } are the same
import-left = { $count ->
    [one] 1 that is here is not in the file and stays.
   *[other] { $count } that are here are not in the file and stay.
  }
import-what = What
import-change = Change
import-fields = Fields
import-added = Added
import-changed = Changed
import-removed = Removed
import-kept = Not in the file; stays
import-more =
    { $count ->
        [one] 1 more is not shown here; it is imported all the same.
       *[other] { $count } more are not shown here; they are imported all the same.
    }
import-large = This file would change { $count } things at once, and { $most } is the most. Split it into several files and import them one after another, without --prune.
import-apply = Import
import-done = The configuration is imported, and in force.
import-outdated = Something has changed since you looked. This is what would change now.
action-configuration-imported = Configuration imported
action-configuration-exported = Configuration exported
action-database-restored = Database restored from a backup
action-everything-revocation-begun = Revoking everything begun
action-everything-revoked = Everything revoked
audit-added = Added: { $text }
audit-removed = Removed: { $text }
