# 한국어로 읽는 글입니다. 합니다체로 쓰고, 값 뒤의 조사는 PARTICLE($값, "을/를")로 고릅니다.
# 쓰는 법은 src/web/language/mod.rs에 있습니다. 차례와 제목은 en.ftl과 같습니다.

language-name = 한국어

## On many pages

language-choose = 다른 언어
continue = 계속
copy = 복사
email = 이메일 주소
password = 비밀번호
password-new = 새 비밀번호
password-help = 12자 이상이어야 합니다. 서로 관련 없는 단어 몇 개를 이어 쓰면 좋습니다.
scopes-none = 없음
sign-in = 로그인
username = 사용자 이름
link-invalid = 이미 사용되었거나 기한이 지났습니다.

## Around every page

layout-account = 내 계정
layout-console = 콘솔
layout-main = 주 메뉴
layout-menu = 메뉴
layout-sign-out = 로그아웃
layout-skip = 본문으로 건너뛰기
place-applications = 애플리케이션
place-audit-log = 감사 로그
place-clients = 클라이언트
place-grants = 활동
place-keys = 키
place-overview = 개요
place-playground = 플레이그라운드
place-password = 비밀번호
place-profile = 프로필
place-requests = 요청
place-resources = 리소스
place-scopes = 범위
place-sessions = 세션
place-sign-outs = 로그아웃 알림
place-system = 시스템
place-users = 사용자

## Lists and forms

confirm-cancel = 취소
form-attention = 확인이 필요한 항목이 { $count }개 있습니다
form-optional = (선택)
form-search = 검색
form-show-all = 모두 보기
form-without-version = 양식에 어느 버전을 바꾸는지 적혀 있지 않습니다.
pager-label = 목록의 페이지
pager-next = 다음
pager-previous = 이전

## Times

moment-absolute = { $year }년 { $month }월 { $day }일 { $clock } UTC
moment-now = 방금 전
ago-minutes = { $count }분 전
ago-hours = { $count }시간 전
ago-days = { $count }일 전
ago-months = { $count }개월 전
ago-years = { $count }년 전
ahead-minutes = { $count }분 후
ahead-hours = { $count }시간 후
ahead-days = { $count }일 후
ahead-months = { $count }개월 후
ahead-years = { $count }년 후
duration-seconds = { $count }초
duration-minutes = { $count }분
duration-hours = { $count }시간
duration-days = { $count }일

## Sign in

login-client = 로그인하면 <b>{ $client }</b>{ PARTICLE($client, "으로/로") } 이동합니다
login-current = { $account } 계정으로 계속
login-forgotten = 비밀번호를 잊으셨나요? 관리자에게 새 비밀번호를 정할 수 있는 링크를 요청하세요.
login-throttled = 시도가 너무 많았습니다. { $wait } 후에 다시 시도하세요.
login-username = 사용자 이름 또는 이메일 주소
login-wrong = 사용자 이름과 비밀번호가 일치하지 않습니다.

## Consent

consent-able-to = 허용하면 다음을 할 수 있습니다.
consent-allow = 허용
consent-asks-for-more = 전에 허용한 적이 있지만, 이번에는 더 많은 것을 요청합니다. 허용하면 다음을 할 수 있습니다.
consent-choose = 허용 또는 거부를 선택하세요.
consent-claims = 다음 정보도 요청합니다.
consent-deny = 거부
consent-lasts = 이 접근은 { $time } 후에 끝납니다.
consent-lasts-until-withdrawn = 내 계정에서 철회할 때까지 접근이 유지됩니다.
consent-only-account = 여기에 계정이 있다는 사실만 알게 됩니다.
consent-optional = 동의하는 경우에만
consent-other-account = { $account } 계정이 아닌가요? <a href="{ $href }">로그아웃</a>
consent-policy = 개인정보 처리방침
consent-resource = 대상: <code>{ $resource }</code>
consent-return = 이후 <b>{ $host }</b>{ PARTICLE($host, "으로/로") } 돌아갑니다.
consent-self-registered = <strong>이 애플리케이션이 누구의 것인지 확인한 사람이 없습니다.</strong> 스스로 등록한 애플리케이션입니다. <b>{ $host }</b>에서 왔고 신뢰하는 경우에만 계속하세요.
consent-sentence = <strong>{ $client }</strong>{ PARTICLE($client, "이/가") } <strong>{ $product }</strong> 계정 <strong>{ $account }</strong>에 접근하려고 합니다
consent-technical = 기술적인 이름
consent-terms = 이용약관
consent-title = { $client }{ PARTICLE($client, "을/를") } 허용할까요?
consent-website = 웹사이트

## What is known about a person

claim-address = 주소
claim-birthdate = 생년월일
claim-family-name = 성
claim-gender = 성별
claim-given-name = 이름
claim-locale = 언어
claim-middle-name = 중간 이름
claim-name = 전체 이름
claim-nickname = 별명
claim-phone-number = 전화번호
claim-picture = 사진
claim-profile = 프로필 페이지
claim-website = 웹사이트
claim-zoneinfo = 시간대

## The server's own scopes

scope-address = 우편 주소 보기
scope-clients-read = 등록된 클라이언트 보기
scope-clients-write = 클라이언트 등록, 변경, 삭제
scope-email = 이메일 주소 보기
scope-grants-read = 누가 어떤 클라이언트에 무엇을 허용했는지 보기
scope-grants-write = 접근 허용과 그 토큰 취소
scope-offline-access = 자리를 비운 동안에도 연결 유지
scope-openid = 본인이 누구인지 확인
scope-phone = 전화번호 보기
scope-profile = 프로필 보기
scope-scopes-read = 범위 보기
scope-scopes-write = 범위 만들기와 삭제
scope-users-read = 사용자 보기
scope-users-write = 사용자 만들기, 변경, 비활성화, 삭제

## Sign out

logout-again = 다시 로그인
logout-client = <b>{ $client }</b>{ PARTICLE($client, "이/가") } 세션을 끝내 달라고 요청했습니다.
logout-close = 이 창을 닫아도 됩니다.
logout-done = 로그아웃되었습니다
logout-frame = { $client } 로그아웃
logout-frames = <b>{ $clients }</b>에서도 로그아웃하는 중입니다.
logout-go-on = 애플리케이션이 <b>{ $host }</b>{ PARTICLE($host, "으로/로") } 이동하려고 합니다.
logout-invalid = 로그아웃 요청이 올바르지 않습니다
logout-invalid-go = 로그아웃 페이지로 이동
logout-invalid-remedy = 여기에서 로그아웃하려면 아래 버튼을 사용하세요.
logout-invalid-what = 애플리케이션이 받아들일 수 없는 방식으로 로그아웃을 요청했습니다. 전에 로그인되어 있었다면 그대로 유지됩니다.
logout-return = 이후 <b>{ $host }</b>{ PARTICLE($host, "으로/로") } 돌아갑니다.
logout-stay = 로그인 유지
logout-title = 로그아웃할까요?
logout-username = <b>{ $username }</b> 계정으로 로그인되어 있습니다.

## Set a password by a link

set-password-done = 비밀번호가 설정되었습니다. 새 비밀번호로 로그인하세요.
set-password-invalid = 링크가 올바르지 않습니다
set-password-invalid-remedy = 비밀번호를 알고 있다면 로그인하세요. 그렇지 않으면 관리자에게 새 링크를 요청하세요.
set-password-lead = <b>{ $username }</b> 계정의 비밀번호입니다. 이 링크는 한 번만 쓸 수 있습니다.
set-password-submit = 비밀번호 설정
set-password-title = 비밀번호 정하기

## Set-up

setup-invalid = 설치 링크가 올바르지 않습니다
setup-invalid-remedy = 관리자라면 로그인하세요. 아직 계정이 없다면 서버를 다시 시작하세요. 새 링크가 출력됩니다.
setup-lead = 첫 관리자 계정을 만드세요. 이 링크는 한 번만 쓸 수 있습니다.
setup-submit = 계정 만들기
setup-title = { $product } 설치

## A response that is sent as a form

form-post-heading = { $host }{ PARTICLE($host, "으로/로") } 계속
form-post-lead = 자동으로 진행되지 않으면 버튼을 누르세요.

## Errors

error-about = 이 오류의 의미와 관리자에게 전달할 ID
error-authorization = 이 요청을 완료할 수 없습니다
error-authorization-remedy = 애플리케이션으로 돌아가 다시 시도하세요. 같은 일이 반복되면 애플리케이션 운영자에게 알려 주세요.
error-bad-request = 처리하지 못했습니다
error-bad-request-remedy = 돌아가서 보낸 내용을 확인하고 다시 시도하세요.
error-conflict = 다른 사람이 먼저 바꾸었습니다
error-conflict-remedy = 돌아가서 페이지를 새로 고치고 현재 내용을 확인하세요.
error-developer = 개발자용 정보: <code>{ $text }</code>
error-expired-remedy = 애플리케이션으로 돌아가 처음부터 다시 시작하세요.
error-expired-what = 요청의 기한이 지났거나 이미 처리되었습니다.
error-forbidden = 이 페이지를 열 수 없습니다
error-forbidden-go = 내 계정으로 이동
error-forbidden-remedy = 관리자에게 도움을 요청하거나 역할을 받으세요.
error-forbidden-what = 이 계정에는 이 페이지를 열 수 있는 역할이 없습니다.
error-go-back = { $host }{ PARTICLE($host, "으로/로") } 돌아가기
error-internal = 서버에 문제가 생겼습니다
error-internal-remedy = 다시 시도하세요. 같은 일이 반복되면 아래 요청 ID를 관리자에게 알려 주세요.
error-internal-what = 서버가 작업을 끝내지 못했습니다. 바뀐 것은 없습니다.
error-method = 이 주소는 그렇게 사용할 수 없습니다
error-method-remedy = 돌아가서 페이지의 버튼을 사용하세요.
error-method-what = 양식이나 프로그램이 이 주소에서 쓸 수 없는 메서드를 사용했습니다.
error-not-found = 페이지를 찾을 수 없습니다
error-not-found-go = 첫 페이지로 이동
error-not-found-remedy = 주소를 확인하거나 첫 페이지에서 시작하세요.
error-not-found-what = 페이지가 옮겨졌거나 삭제되었거나, 주소를 잘못 입력했습니다.
error-outdated = 편집하는 동안 클라이언트가 변경되었습니다.
error-request-id = 요청 ID <code>{ $id }</code>
error-request-refused = 이곳으로 보낸 애플리케이션의 요청을 서버가 받아들일 수 없습니다.
error-request-refused-of = { $host }의 애플리케이션이 보낸 요청을 서버가 받아들일 수 없습니다.
error-stale-form = 양식이 오래되었습니다
error-stale-form-remedy = 돌아가서 페이지를 새로 고친 뒤 다시 보내세요. 바뀐 것은 없습니다.
error-stale-form-what = 로그인이나 로그아웃 전에 연 양식이거나 쿠키가 차단되어 있습니다.
error-too-many = 잠시 기다려 주세요
error-too-many-remedy = { $wait } 후에 다시 시도하세요.
error-too-many-what = 시도가 너무 많았습니다.
error-unavailable = 아직 준비되지 않았습니다
error-unavailable-remedy = 몇 초 기다린 뒤 이 페이지를 새로 고치세요.
error-unavailable-what = 서버가 바쁘거나 다시 시작하는 중입니다. 바뀐 것은 없습니다.
body-incomplete = 보낸 내용이 끝까지 도착하지 않았습니다.
body-malformed = 양식을 읽을 수 없습니다. 값이 너무 길거나, UTF-8이 아니거나, 값이 0인 바이트가 들어 있습니다.
body-too-large = 양식이 { $most }바이트보다 깁니다.
body-wrong-type = 양식을 알 수 없는 방식으로 보냈습니다. 페이지의 버튼을 사용하세요.

## Values that were refused

claim-not-a-date = 1990-12-31처럼 연월일을 쓰거나 연도만 쓰세요.
claim-not-an-address = https://로 시작하는 주소를 쓰세요.
claim-not-boolean = 클레임 { $name }의 값은 true 또는 false여야 합니다.
claim-not-number = 클레임 { $name }의 값은 초 단위의 숫자여야 합니다.
claim-not-object = 클레임 { $name }의 값은 객체여야 합니다.
claim-not-text = 클레임 { $name }의 값은 문자열이어야 합니다.
claim-of-server = { $name } 클레임은 서버가 직접 정하므로 빼야 합니다.
claim-zero-byte = 클레임에 값이 0인 바이트가 들어 있습니다.
claims-long = 클레임이 16384바이트보다 깁니다.
display-name-malformed = 이름은 200자 이하여야 하고 줄바꿈을 넣을 수 없습니다.
email-malformed = alice@example.com과 같은 이메일 주소를 입력하세요.
email-taken = 이 주소는 다른 계정에서 사용하고 있습니다.
management-deleted = 그사이에 삭제되었습니다.
management-outdated = 그사이에 다른 사람이 변경했습니다. 다시 불러온 뒤 변경을 반복하세요.
password-easy = 추측하기 쉬운 비밀번호입니다. 서로 관련 없는 단어 네 개처럼 다른 것을 고르세요.
password-long = 비밀번호는 { $most }자 이하여야 합니다.
password-short = 비밀번호는 { $least }자 이상이어야 합니다. 문장을 쓰면 좋습니다.
user-last-admin = 마지막 남은 관리자입니다. 먼저 다른 계정을 관리자로 지정하세요.
username-empty = 사용자 이름을 입력하세요. 예: alice
username-long = 사용자 이름은 64자 이하여야 합니다.
username-signs = 사용자 이름에는 공백과 @ 기호를 쓸 수 없습니다. 예: alice
username-taken = 다른 계정에서 사용하는 이름입니다. 다른 이름을 고르세요.

## What an error means, where error_uri leads

help-access-denied = 브라우저 앞의 사람이 거부했거나 클라이언트가 사용 중지되었습니다.
help-access-denied-developer = 접근이 왜 필요한지 알리고, 원할 때 다시 시도하게 하세요.
help-admin = <b>이 서버의 관리자에게:</b> 이 요청의 ID
help-consent-required = 사용자에게 물어봐야 하는데 요청이 prompt=none으로 금지했습니다.
help-consent-required-developer = prompt=none 없이 브라우저의 기본 창에서 요청을 다시 보내세요.
help-developer = <b>애플리케이션 개발자에게:</b> { $text }
help-id = 요청 ID
help-insufficient-scope = 액세스 토큰은 유효하지만 필요한 범위가 없습니다.
help-insufficient-scope-developer = 인가 요청에서 그 범위를 요청하세요. WWW-Authenticate 헤더에 이름이 있습니다.
help-invalid-client = 서버가 이 클라이언트를 모르거나, 클라이언트가 자신을 증명하지 못했습니다.
help-invalid-client-developer = client_id와 클라이언트 시크릿, 그리고 보내는 방식을 콘솔의 클라이언트 페이지와 비교하세요. 어서션에는 올바른 키, 대상, 시간이 필요합니다.
help-invalid-client-metadata = 등록 내용 중 받아들일 수 없는 것이 있습니다.
help-invalid-client-metadata-developer = 설명에 잘못된 항목과 대신 보낼 값이 모두 나와 있습니다.
help-invalid-grant = 코드나 리프레시 토큰을 이 요청에 쓸 수 없습니다. 알 수 없거나, 만료되었거나, 이미 쓰였거나, 다른 클라이언트의 것이거나, 증명이 맞지 않습니다.
help-invalid-grant-developer = 코드는 1분 안에 한 번만, 같은 인가 요청의 redirect_uri와 code_verifier로 교환하세요. 리프레시 토큰은 가장 새 것만 보관하세요. 확실하지 않으면 인가 요청을 새로 시작하세요.
help-invalid-redirect-uri = 리디렉션 URI를 받아들일 수 없습니다.
help-invalid-redirect-uri-developer = 프래그먼트가 없는 https URL을 쓰세요. http는 이 기기에만 쓸 수 있습니다.
help-invalid-request = 요청에 빠진 것이 있거나, 두 번 들어 있거나, 쓸 수 없는 값이 있습니다.
help-invalid-request-developer = 어떤 매개변수인지 설명에 나와 있습니다. redirect_uri는 보내는 그대로 등록되어 있어야 합니다.
help-invalid-scope = 없는 범위이거나, 이 클라이언트가 가질 수 없는 범위입니다.
help-invalid-scope-developer = 클라이언트에 등록된 범위를 요청하세요. 관리자가 더 허용할 수 있습니다.
help-invalid-software-statement = 이 서버는 소프트웨어 진술서를 승인하지 않습니다.
help-invalid-software-statement-developer = 메타데이터를 요청의 항목으로 보내세요.
help-invalid-target = 여기서 토큰의 대상이 될 수 없는 리소스입니다.
help-invalid-target-developer = 등록된 리소스의 식별자를 정확히 보내고, 인가 요청에서부터 지정하세요.
help-invalid-token = 토큰을 알 수 없거나, 만료되었거나, 취소되었거나, 다른 서버의 것입니다.
help-invalid-token-developer = 리프레시 토큰이나 새 인가 요청으로 새 토큰을 받으세요.
help-login-required = 사용자가 로그인해야 하는데 요청이 prompt=none으로 금지했거나, 다른 사람이 로그인했습니다.
help-login-required-developer = prompt=none 없이 브라우저의 기본 창에서 요청을 다시 보내세요.
help-request-not-supported = 이 서버가 지원하지 않는 확장을 쓰는 요청입니다.
help-request-not-supported-developer = 그 매개변수를 빼세요. 지원하는 것은 메타데이터에 나와 있습니다.
help-server-error = 서버에서 문제가 생겼습니다.
help-server-error-developer = 다시 시도하세요. 또 생기면 아래 ID를 관리자에게 알려 주세요.
help-show = 무슨 일이 있었는지 보기
help-temporarily-unavailable = 서버가 바쁘거나 시도가 너무 많았습니다.
help-temporarily-unavailable-developer = Retry-After 헤더가 말하는 만큼 기다린 뒤 다시 시도하세요.
help-title = 이 오류의 의미
help-unauthorized-client = 클라이언트가 요청한 것에 등록되어 있지 않습니다.
help-unauthorized-client-developer = 등록된 그랜트 유형을 쓰세요. 관리자가 다른 유형을 허용할 수 있습니다.
help-unmet-authentication-requirements = 여기에 없는 로그인 방식을 요구하는 요청입니다.
help-unmet-authentication-requirements-developer = claims 매개변수에서 acr을 빼거나, 메타데이터에 있는 값을 요청하세요.
help-unsupported-grant-type = 서버에 없는 그랜트 유형입니다.
help-unsupported-grant-type-developer = authorization_code, refresh_token 또는 client_credentials를 쓰세요.
help-unsupported-response-type = 서버에 없는 응답 유형입니다.
help-unsupported-response-type-developer = code를 쓰세요.
help-where = 애플리케이션을 관리하는 사람은 콘솔의 요청 메뉴에서 어느 검사에서 멈췄는지 볼 수 있습니다.
## Console: what needs attention

attention = 확인이 필요합니다
attention-clock = 이 서버의 시계가 과거로 되돌려졌습니다
attention-clock-do = 서명 키가 현재 시각보다 나중에 만들어진 것으로 되어 있어, 서버가 준비되지 않았다고 알리고 있습니다. 시계를 바로잡으세요(NTP). 그대로 두면 토큰이 잘못된 시각에 만료됩니다.
attention-no-key = 서명할 키가 없는 알고리즘이 있습니다
attention-overdue = 서명 키를 교체할 때가 지났습니다
attention-overdue-do = 키를 관리하는 작업이 제대로 끝나지 않고 있습니다. 원인은 로그에 있습니다. 그동안은 직접 교체하세요.
attention-passwords = 비밀번호 확인 대기열이 가득 차 로그인 { $count }건이 거절되었습니다
attention-passwords-do = 지난 몇 분 동안 프로세서가 확인할 수 있는 것보다 많은 로그인이 있었습니다. 공격이라면 이미 속도가 제한되고 있습니다. 계속된다면 프로세서를 늘리세요.
attention-rotation =
    { $count ->
        [0] 하루 안에 서명 키가 교체됩니다
       *[other] { $count }일 뒤에 서명 키가 교체됩니다
    }
attention-rotation-do = 교체는 자동으로 이루어지며 다음 키는 이미 공개되어 있습니다. 키 사본을 오래 보관하는 검증 서버만 다시 받아 가면 됩니다.
attention-see-audit-log = 감사 로그 보기
attention-see-keys = 키 보기
attention-see-system = 시스템 보기
attention-store = 데이터베이스가 호출 { $count }건에 답하지 못했습니다
attention-store-do = 지난 몇 분 동안 데이터베이스가 너무 느리거나 연결되지 않아 클라이언트가 503을 받았습니다. 부하와 디스크를 확인하세요. 무엇이 실패했는지는 로그에 있습니다.
attention-sweep = 만료된 행 { $count }개가 삭제를 기다리고 있습니다
attention-sweep-do = 정리 작업이 따라가지 못해 데이터베이스가 커지고 있습니다. 대개 디스크가 느리거나 다른 프로그램이 트랜잭션을 오래 잡고 있는 경우입니다. grantor sweep 명령으로 직접 삭제할 수 있습니다.
attention-unswept = { $time } 동안 정리가 이루어지지 않았습니다
attention-unswept-do = 정리 작업이 실패하고 있습니다. 원인은 로그에 있습니다. 다시 작동할 때까지 데이터베이스가 커집니다.

## Console: pictures

chart-numbers = 숫자로 보기
chart-summary = { $title }, { $first }부터 { $last }까지, 최대 { $top }
chart-when = 시각(UTC)

## Console: System

job = 작업
job-counts = 집계
job-counts-does = 시간별, 일별 집계를 저장합니다
job-done = 완료
job-elsewhere = 다른 프로세스가 수행
job-every-half-minute = 30초마다
job-every-hour = 1시간마다
job-failed = 실패
job-how-often = 주기
job-keys = 서명 키
job-keys-does = 오래된 키를 교체하고 더 이상 필요 없는 키를 폐기합니다
job-last-run = 마지막 실행
job-not-yet = 아직 없음
job-outcome = 결과
job-sweep = 정리
job-sweep-does = 만료된 데이터를 삭제합니다
reason-access-denied = 사용자가 거부했거나 권한이 없음
reason-insufficient-scope = 액세스 토큰에 필요한 권한 범위가 없음
reason-invalid-client = 알 수 없는 클라이언트이거나 인증 정보가 틀림
reason-invalid-grant = 코드 또는 갱신 토큰을 알 수 없거나 만료 또는 이미 사용됨
reason-invalid-request = 규격에 맞지 않는 요청
reason-invalid-scope = 알 수 없거나 이 클라이언트에 허용되지 않은 권한 범위
reason-invalid-target = 알 수 없는 리소스
reason-invalid-token = 액세스 토큰을 알 수 없거나 만료 또는 취소됨
reason-login-failed = 사용자 이름 또는 비밀번호가 틀림
reason-other = 거절됨
reason-person-needed = 사용자 확인이 필요했으나 클라이언트가 화면 없이 요청함
reason-registration = 허용되지 않는 등록
reason-server-error = 서버에서 오류가 발생함
reason-temporarily-unavailable = 과부하이거나 데이터베이스에 연결할 수 없음
reason-too-many-requests = 실패한 시도가 너무 많음
reason-unauthorized-client = 클라이언트에 허용되지 않은 동작
reason-unsupported-grant-type = 지원하지 않는 권한 부여 방식
reason-unsupported-response-type = 지원하지 않는 응답 방식
system-answered = 응답
system-backlog = 만료되어 정리를 기다리는 행
system-backlog-none = 없음
system-busy-idle = 사용 중 { $busy }, 유휴 { $idle }
system-connections = 연결
system-database = 데이터베이스
system-endpoint = 엔드포인트
system-endpoints = 엔드포인트
system-endpoints-help = 지난 5분, 요청이 많은 순서입니다. 시간은 추정값으로, 응답의 절반, 95%, 99%가 그 안에 끝났습니다.
system-endpoints-none = 요청이 없었습니다.
system-failed = 실패
system-files = 열린 파일
system-five-minutes = 지난 5분
system-for-database = 데이터베이스 대기
system-for-password = 비밀번호 확인 대기
system-growth = 증가
system-growth-in = { $time } 동안 { $size }
system-hash-time = 비밀번호 확인 시간, 시작 이후 p95
system-hashes-refused = 시작 이후 거절된 비밀번호 확인
system-hashes-waiting = 대기 중인 비밀번호 확인
system-hour = 1시간
system-jobs = 작업
system-kind = 종류
system-last-minute = 지난 1분
system-lately = 최근
system-lead = 이 프로세스가 지금 하는 일을 자체 메모리에서 보여 줍니다.
system-live = 이 화면은 자동으로 갱신됩니다.
system-memory = 메모리
system-of = { $whole } 중 { $part }
system-open-connections = 열린 연결
system-or-more = { $count } 이상
system-others = 같은 데이터베이스를 쓰는 다른 프로세스가 있으며, 그 수치는 그 프로세스의 화면에 있습니다.
system-p95 = 응답 시간, p95
system-per-second = 초당
system-process = 프로세스
system-processor = 프로세서 사용 시간
system-quarter = 15분
system-rate = 초당
system-read-time = 읽기, 시작 이후 p95
system-reads-writes = 읽기 { $reads }, 쓰기 { $writes }
system-reason = 이유
system-refusals = 거절
system-refusals-help = 이유별로, 지난 5분 동안 많았던 순서입니다.
system-refusals-none = 시작 이후 거절된 요청이 없습니다.
system-refused = 거절
system-requests = 요청
system-requests-per-second = 초당 요청
system-requests-under-way = 처리 중인 요청
system-resident = 상주 메모리
system-running-for = 가동 시간
system-server-errors = 서버 오류
system-since-start = 시작 이후
system-size = 크기
system-sizes = 크기
system-span = 표시 기간
system-times = 응답 시간
system-times-unit = 각 지점에서 가장 느린 5초
system-traces = 추적
system-traces-sent = 스팬 { $spans }개 전달, 추적 { $lost }개 유실
system-under-way = 진행 중
system-unserved = 시작 이후 처리하지 못한 호출
system-uptime = 가동 시간
system-version = 버전
system-version-is = 버전 { $version }
system-waiting = 대기
system-waiting-unit = 작업 단위
system-write-time = 쓰기, 시작 이후 p95

## Console: Overview

chart-nothing = 아직 없음
dashboard-active = 활성 사용자
dashboard-audit-log = 감사 로그 열기
dashboard-day = 24시간
dashboard-each-day = 하루 단위
dashboard-each-hour = 1시간 단위
dashboard-each-six-hours = 6시간 단위
dashboard-half-second = 0.5초 초과
dashboard-live-grants = 유효한 권한 부여
dashboard-logins = 로그인
dashboard-mean = 평균 시간
dashboard-month = 30일
dashboard-other = 기타
dashboard-over-time = 추이
dashboard-over-time-help = 모든 프로세스를 합한 값이며 시각은 UTC입니다. 최근 1분은 아직 포함되지 않습니다.
dashboard-recent = 최근 이벤트
dashboard-recent-none = 아직 아무 일도 없습니다. 로그인, 변경, 거절이 여기에 표시됩니다.
dashboard-refusals = 거절
dashboard-refused-logins = 거절된 로그인
dashboard-slow = 가장 느린 엔드포인트
dashboard-span = 표시 기간
dashboard-system = 지금 상태 보기
dashboard-today = 오늘
dashboard-tokens = 발급된 토큰
dashboard-week = 7일
grant-type-authorization-code = 인증 코드
grant-type-client-credentials = 클라이언트 자격 증명
grant-type-device-code = 기기 코드
grant-type-refresh-token = 갱신 토큰
login-outcome-failed = 거절
login-outcome-succeeded = 성공
login-outcome-throttled = 속도 제한
step-client = 클라이언트 만들기
step-client-help = 토큰을 요청하는 소프트웨어입니다.
step-done = (완료)
step-scope = 권한 범위 설명하기
step-scope-help = 클라이언트가 요청할 수 있는 것을 쉬운 말로 설명합니다.
step-user = 사용자 초대하기
step-user-help = 링크로 비밀번호를 직접 정합니다.
steps = 첫 단계
