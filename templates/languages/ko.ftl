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
password-strength = 비밀번호 강도
password-strength-best = 추측하기 매우 어렵습니다.
password-strength-enough = 추측하기 어렵습니다.
scopes-none = 없음
sign-in = 로그인
username = 사용자 이름
link-invalid = 이미 사용되었거나 기한이 지났습니다.
action = 작업
administrator = 관리자
account-id = 계정 ID
client = 클라이언트
client-id = 클라이언트 ID
created = 생성
danger-zone = 위험 구역
display-name = 표시 이름
expires = 만료
grant-types = 승인 방식(grant type)
last-seen = 마지막 접속
last-used = 마지막 사용
name = 이름
never = 없음
none = 없음
recent-events = 최근 이벤트
redirect-uris = 리디렉션 URI
scopes = 범위
since = 시작
state = 상태
terminal = 터미널에서 해 보기
tokens = 토큰
token = 토큰
type = 유형
user = 사용자
filter = 필터
in-the-audit-log = 감사 로그에서 보기
state-enabled = 사용 중
state-disabled = 사용 중지
state-live = 유효
state-expired = 만료됨
state-rotated = 교체됨
state-revoked = 취소됨
state-invited = 초대됨
yes = 예
no = 아니요
more-than = { $count }+

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
consent-return-device = 이후에는 기기에서 계속 진행됩니다.
consent-device = <strong>지금 직접 기기를 설정하고 있는 경우에만 허용하세요.</strong> 이 기기는 { $asked } <b>{ $address }</b>에서 요청했습니다. 다른 사람이 코드나 링크를 보냈다면 계정에 접근하려는 것이니 거부하세요.
consent-self-registered-device = <strong>이 애플리케이션이 누구의 것인지 확인한 사람이 없습니다.</strong> 스스로 등록한 애플리케이션입니다. 아는 기기이고 신뢰하는 경우에만 계속하세요.
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

## 브라우저가 없는 기기
device-title = 기기 연결
device-lead = 기기에 표시된 코드를 입력하세요.
device-compare = 기기에 표시된 코드와 같은지 확인하세요.
device-code = 코드
device-code-help = 영문자 8자입니다. 대소문자와 붙임표는 구분하지 않습니다.
device-malformed = 코드는 WDJB-MJHT처럼 영문자 8자입니다. 기기에 표시된 대로 입력하세요.
device-unknown = 이 코드로 기다리는 기기가 없습니다. 만료되었거나 다른 브라우저에서 입력되었을 수 있습니다. 기기에서 새 코드를 표시하세요.
device-throttled = 잘못된 코드가 너무 많이 입력되었습니다. { $wait } 후에 다시 시도하세요.
device-warning = 눈앞에 있는 기기의 코드만 입력하세요. 코드를 보낸 사람이 있다면 계정에 접근하려는 것입니다.
device-approved = 기기가 연결되었습니다
device-denied = 기기를 연결하지 않았습니다
device-go-back = 기기로 돌아가세요. 몇 초 후 자동으로 계속됩니다. 이 페이지는 닫아도 됩니다.
device-nothing-given = 아무것도 제공하지 않았으며 기기에도 알렸습니다. 이 페이지는 닫아도 됩니다.
device-applications = 접근 권한이 있는 앱 보기

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

## Tables that several pages show

audit-when = 시각
audit-what = 내용
audit-who = 수행자
audit-target = 대상
audit-from = 출처
session-browser = 브라우저
session-address = 주소
session-signed-in = 로그인
session-this = 이 브라우저
session-end = 종료
session-end-of = { $browser } 세션
browser-on = { $browser }({ $system })
browser-unknown = 알 수 없는 브라우저

## Profile

profile-lead = 허용한 애플리케이션이 볼 수 있는 정보입니다.
profile-username-help = 이 이름이나 이메일 주소로 로그인합니다.
profile-display-name-help = 애플리케이션이 부르는 이름입니다.
profile-more = 추가 정보
profile-optional = 선택
profile-save = 프로필 저장
profile-subject-help = 애플리케이션이 나를 식별하는 값이며 바뀌지 않습니다.
profile-saved = 프로필을 저장했습니다.

## Fields about a person

person-given-name = 이름
person-family-name = 성
person-nickname-help = 친구들이 부르는 이름입니다.
person-email-verified = 이메일 주소가 확인됨
person-verified-help = 본인의 것인지 누군가 확인했습니다.
person-phone-number-help = 국가 번호를 포함합니다. 예: +82 2 1234 5678
person-phone-number-verified = 전화번호가 확인됨
person-picture-help = 애플리케이션이 표시할 사진의 주소입니다.
person-birthdate = 생일
person-birthdate-help = 1990-12-31처럼 쓰거나 연도만 씁니다.
person-locale-help = ko-KR과 같은 언어 태그입니다. 이 페이지들도 가능하면 그 언어로 표시됩니다.
person-locale-own-help = 이 페이지와 애플리케이션이 이 언어를 따릅니다.
person-locale-browser = 브라우저 설정에 따름
person-zoneinfo-help = 시간대 데이터베이스의 지역 이름입니다. 예: Asia/Seoul
person-street-address = 도로명 주소
person-postal-code = 우편번호
person-locality = 시/군/구
person-region = 시/도
person-country = 국가
person-formatted = 봉투에 쓰는 전체 주소

## Change the password

password-wrong = 현재 비밀번호가 아닙니다.
password-changed = 비밀번호를 변경했습니다. 다른 브라우저와 애플리케이션은 다시 로그인해야 합니다.
password-current = 현재 비밀번호
password-change = 비밀번호 변경
password-changed-when = { $when }에 변경했습니다.
password-others = 다른 브라우저 { $count }개에서 로그아웃됩니다.

## Sessions

sessions-lead = 로그인되어 있는 브라우저입니다. 모르는 것이 있으면 종료한 뒤 비밀번호를 변경하세요.
sessions-end-others = 다른 세션 모두 종료
sessions-ended = 해당 브라우저에서 로그아웃했습니다.
sessions-others-ended = 다른 브라우저와 애플리케이션에서 모두 로그아웃했습니다.

## Connected applications

applications-lead = 나를 대신하도록 허용한 애플리케이션입니다.
applications-none = 연결된 애플리케이션이 없습니다
applications-none-help = 애플리케이션이 계정을 사용하도록 허용하면 여기에 표시되며, 여기에서 철회할 수 있습니다.
applications-withdraw = 접근 철회
applications-withdraw-from = { $client }
applications-allowed = { $when } 허용
applications-used = { $when } 마지막으로 사용
applications-unused = 아직 사용하지 않음
applications-withdraw-title = { $client }의 접근을 철회할까요?
applications-withdraw-lead = { $client }{ PARTICLE($client, "은/는") } 더 이상 나를 대신하거나 여기의 내 데이터를 읽을 수 없습니다. 이미 가져간 것은 그대로 남습니다.
applications-withdrawn = { $client }의 접근을 철회했습니다.
applications-withdraw-ends = 접근이 즉시 끝납니다
applications-withdraw-asks = 다음에 사용할 때 다시 허용을 요청합니다

## Overview

dashboard-live-grants = 유효한 접근 허용

## Clients

clients-lead = 토큰을 요청할 수 있는 소프트웨어입니다.
clients-registration-tokens = 등록 토큰
clients-new = 새 클라이언트
clients-search = 이름 또는 클라이언트 ID
clients-none = 아직 클라이언트가 없습니다
clients-none-help = 클라이언트는 토큰을 요청하는 웹사이트, 앱 또는 서비스입니다. 만들면 ID와 시크릿을 받습니다.
clients-no-match = 일치하는 클라이언트가 없습니다
clients-no-match-help = 이름의 일부나 클라이언트 ID 전체로 찾아보세요.
clients-self-registered = 자체 등록
clients-expires = { $when } 만료

## One client

client-edit = 클라이언트 편집
client-live-grants = 유효한 접근 허용
client-history = 기록
client-credentials = 자격 증명
client-rotate-secret = 시크릿 교체
client-secret-short = 시크릿
client-newest = 최신
client-use = 사용 방법
client-use-help = 대부분의 라이브러리는 발급자(issuer)만 알면 나머지를 스스로 찾습니다.
client-settings = 설정
client-any-scope = 모든 기본 범위
client-disable-title = 클라이언트 사용 중지
client-disable-help = 다시 사용할 때까지 토큰이 동작하지 않습니다.
client-disable = 사용 중지
client-enable-title = 클라이언트 다시 사용
client-enable-help = 다시 토큰을 요청할 수 있습니다.
client-enable = 다시 사용
client-delete-title = 클라이언트 삭제
client-delete-help = 접근 허용, 토큰, 시크릿이 영구히 사라집니다.
client-delete = 클라이언트 삭제
client-expires-unless = { $when }. 그 전에 누군가 접근을 허용하면 유지됩니다
delete = 삭제
client-secret-created = { $when }에 만든 시크릿
client-issuer = 발급자(issuer)
client-authorization-endpoint = 인가 엔드포인트
client-device-endpoint = 기기 승인 엔드포인트
client-token-endpoint = 토큰 엔드포인트
client-discovery = 디스커버리
grant-type-code = 인가 코드
grant-type-refresh = 리프레시 토큰
client-secret-copy = <strong>지금 시크릿을 복사하세요.</strong> 다이제스트만 보관하므로 다시 보여 드릴 수 없습니다.
client-secret = 클라이언트 시크릿
client-secret-help = 클라이언트 시크릿은 이 클라이언트의 비밀번호입니다. 코드나 채팅이 아니라 서버에 보관하세요.
client-older-secret = 이전 시크릿도 계속 동작합니다. 더 이상 쓰이지 않으면 클라이언트 페이지에서 삭제하세요.
client-continue = 클라이언트로 이동
copy-client-id = 클라이언트 ID
copy-client-secret = 클라이언트 시크릿
copy-command = 명령
copy-account-id = 계정 ID
copy-link = 링크
copy-grant-id = 접근 허용 ID
copy-address = 주소
copy-token = 토큰
client-created-title = 클라이언트를 만들었습니다
client-rotated-title = 시크릿을 교체했습니다
client-rotate-question = { $client }의 시크릿을 교체할까요?
client-rotate-lead = 한 번만 표시되는 새 시크릿을 받습니다. 클라이언트에 넣은 뒤 이전 시크릿을 삭제하세요.
client-rotate-stays = 현재 시크릿은 삭제할 때까지 동작합니다
client-rotate-older = 두 시크릿 중 오래된 것이 즉시 동작을 멈춥니다
client-rotate-newer = 새로운 것은 삭제할 때까지 동작합니다
client-secret-delete-question = { $client }의 이 시크릿을 삭제할까요?
client-secret-delete-lead = 이 시크릿을 아직 쓰는 소프트웨어는 더 이상 토큰을 받을 수 없습니다. 다른 시크릿은 계속 동작합니다.
client-secret-delete = 시크릿 삭제
client-secret-deleted = 시크릿을 삭제했습니다.
client-disable-question = { $client }{ PARTICLE($client, "을/를") } 사용 중지할까요?
client-disable-lead = 이 클라이언트로 로그인할 수 없고 토큰이 동작을 멈춥니다. 나중에 다시 사용할 수 있습니다.
client-disable-ends = 유효한 접근 허용 { $grants }건과 토큰 { $tokens }개가 동작을 멈춥니다
client-disable-kept = 설정과 시크릿은 그대로 남습니다
client-enable-question = { $client }{ PARTICLE($client, "을/를") } 다시 사용할까요?
client-enable-lead = 다시 토큰을 요청할 수 있습니다. 아직 유효한 접근 허용과 토큰도 다시 동작합니다.
client-delete-question = { $client }{ PARTICLE($client, "을/를") } 삭제할까요?
client-delete-lead = 되돌릴 수 없습니다. 새 클라이언트는 다른 ID를 받습니다. 잠시 멈추려면 사용 중지하세요.
client-delete-ends = 유효한 접근 허용 { $grants }건과 토큰 { $tokens }개가 즉시 끝납니다
client-delete-gone = 시크릿, 설정, 저장된 동의가 사라집니다
audit-log-kept = 감사 로그는 남습니다
client-disabled = 클라이언트를 사용 중지했습니다.
client-enabled = 클라이언트를 다시 사용합니다.
client-deleted = 클라이언트를 삭제했습니다.
client-saved = 클라이언트를 저장했습니다.
client-programs = 준비된 프로그램
client-try = 시험하기
review = 보안 점검
review-against = 등록된 내용과 실제 동작을 RFC 9700과 OAuth 2.1에 비추어 점검합니다.
review-nothing = 개선할 것이 없습니다.
client-requests = 최근 요청
client-all-requests = 모든 요청
client-requests-none = 보관 중인 요청이 없습니다.
review-score = 100점 만점에 <b>{ $score }</b>점
client-secret-ends = 종료
client-revoke-title = 모두 취소
client-revoke-help = 모든 접근 허용과 토큰이 끝나고 사용자에게 다시 묻습니다.
client-revoke = 접근 허용 모두 취소
save = 저장
change = 변경
client-secret-ends-of = { $when }에 만든 시크릿의 종료 시점
client-secret-ends-lead = 그때부터 시크릿을 쓸 수 없습니다. 지금은 { $when } 끝납니다.
client-secret-endless-lead = 그때부터 시크릿을 쓸 수 없습니다. 지금은 저절로 끝나지 않습니다.
client-secret-ends-title = 시크릿 종료 시점
client-secret-ends-changed = 시크릿의 종료 시점을 바꾸었습니다.
client-secret-unused-newer = 삭제해도 됩니다: 새 시크릿을 쓴 뒤로 쓰이지 않았습니다
client-secret-unused = 삭제해도 됩니다: 30일 동안 쓰이지 않았습니다

## A client's forms

client-name-help = 사용자가 접근 허용을 요청받을 때 보는 이름입니다.
client-redirect-uris-help = 로그인한 사용자가 돌아가는 곳입니다. 한 줄에 하나씩 쓰며, 글자 그대로 비교합니다.
client-scope-help = 요청할 수 있는 범위입니다. 비워 두면 기본 범위를 요청할 수 있습니다.
client-authentication = 클라이언트 인증
client-authentication-help = 토큰 엔드포인트에서 자신을 증명하는 방법입니다. 개인 키를 쓴다면 아래 ‘키’에 공개 키의 위치를 적으세요.
client-all-default = 모두 기본값
set-count = { $count }개 설정됨
client-save = 클라이언트 저장
client-create = 클라이언트 만들기
client-edit-title = { $client } 편집
client-kind-web = 백엔드가 있는 웹 앱
client-kind-machine = 서버 간 통신
grant-type-client-credentials = 클라이언트 자격 증명
grant-type-device-code = 기기 코드
auth-method-none = 증명하지 않음: 공개 클라이언트
auth-method-basic = Authorization 헤더의 클라이언트 시크릿
auth-method-post = 양식의 클라이언트 시크릿
auth-method-secret-jwt = 클라이언트 시크릿으로 서명한 어설션
auth-method-private-key-jwt = 개인 키로 서명한 어설션
auth-method-tls = 인증 기관이 발급한 TLS 인증서
auth-method-self-signed-tls = 자체 서명 TLS 인증서
client-kind-spa = 싱글 페이지 앱
client-kind-native = 모바일 또는 데스크톱 앱
client-kind-mcp = MCP 클라이언트 또는 AI 에이전트
client-kind-web-help = 사용자가 로그인하고 서버가 클라이언트 시크릿을 보관합니다.
client-kind-spa-help = 사용자가 로그인하며, 앱이 브라우저에서 실행되어 시크릿을 보관하지 않습니다.
client-kind-native-help = 사용자가 로그인하며, 앱이나 명령줄 도구가 기기에서 실행되어 시크릿을 보관하지 않습니다.
client-kind-machine-help = 사용자 없이 서비스가 클라이언트 시크릿으로 직접 동작합니다.
client-kind-mcp-help = 사용자가 에이전트에게 자신을 대신해 MCP 서버 하나를 쓰도록 허용합니다. 시크릿을 보관하지 않습니다.
client-kind-device = 키보드가 없는 기기
client-kind-device-help = 사용자가 휴대폰이나 컴퓨터에서 코드를 입력합니다. TV, 콘솔, 터미널 도구에 알맞습니다. 시크릿을 보관하지 않습니다.
client-kind-missing = 무엇을 연결하는지 고르세요.
client-kind = 무엇을 연결하나요?
client-kind-help = 안전한 설정을 골라 줍니다. 시크릿을 보관하는지는 나중에 바꿀 수 없습니다.
client-mcp-server = MCP 서버
client-mcp-server-help = 서버의 주소입니다. 예: https://mcp.example.com/. 리소스로 등록되어 토큰이 이 서버에만 쓰입니다.
client-every-setting = 그 밖의 모든 설정
client-new-redirect-uris-help = 로그인한 사용자가 돌아가는 곳입니다. 한 줄에 하나씩 씁니다. 웹 앱은 https://app.example.com/callback, 모바일 앱은 com.example.app:/callback, 기기에서 실행되는 프로그램은 비워 두면 http://127.0.0.1/callback입니다.

## Scopes

scopes-lead = 클라이언트가 요청할 수 있는 것을 사용자가 이해하는 말로 적은 목록입니다.
scopes-new = 새 범위
scopes-none-yet = 아직 범위가 없습니다
scopes-none-help = 범위는 보고서 읽기처럼 토큰이 허용하는 한 가지를 가리킵니다. 사용자가 읽을 말로 설명하세요.
scopes-allows = 허용하는 것
scopes-allows-short = 허용
scopes-used-by = 사용하는 곳
scopes-default = 기본
scopes-built-in = 내장
scope-description = 설명
scope-description-help = 요청받은 사용자가 읽는 글입니다. 예: 판매 보고서 읽기
scope-default = 기본 범위
scope-default-help = 자체 목록이 없는 클라이언트가 요청할 수 있습니다.
claims = 클레임
scope-claims-help = 사용자에 대해 알려 주는 것입니다. 예: department phone_number. 대부분의 범위는 아무것도 알려 주지 않습니다.
scope-claims-fixed = OpenID Connect가 정한 대로 사용자에 대해 알려 주는 것입니다. 바꿀 수 없습니다.
scope-save = 범위 저장
scope-create = 범위 만들기
scope-name-help = 소프트웨어가 보내는 값입니다. 예: reports:read. 나중에 바꿀 수 없습니다.
scope-delete-title = 범위 삭제
scope-delete-help = 더 이상 아무도 요청할 수 없습니다.
scope-delete = 범위 삭제
scope-in-use-lead = 어떤 클라이언트도 쓰지 않아야 삭제할 수 있습니다.
scope-in-use-clients = 이 범위를 쓰는 클라이언트
scope-in-use-help = 각 클라이언트에서 이 범위를 뺀 뒤 다시 오세요. 그런 클라이언트를 통해 허용된 범위는 즉시 사라집니다.
scope-back = 범위 목록으로
scope-in-use-more = 그 밖에 클라이언트 { $count }개가 더 있습니다.
edit = 편집
scope-edit-title = 범위 { $scope } 편집
scope-in-use = 범위 { $scope }{ PARTICLE($scope, "이/가") } 사용 중입니다
scope-delete-question = 범위 { $scope }{ PARTICLE($scope, "을/를") } 삭제할까요?
scope-used-by =
    { $count ->
        [0] 사용하지 않음
       *[other] 클라이언트 { $count }개
    }
scope-saved = 범위를 저장했습니다.
scope-created = 범위를 만들었습니다.
scope-deleted = 범위를 삭제했습니다.
scope-delete-lead = 이 범위를 쓰는 클라이언트가 없으며, 더 이상 아무도 요청할 수 없습니다.
scope-delete-grants = 이 범위를 가진 접근 허용은 나머지 범위를 유지합니다

## Resources

resources-lead = 토큰이 향하는 API입니다. 한 API의 토큰은 다른 API에서 쓸 수 없습니다.
resources-new = 새 리소스
resources-none = 아직 리소스가 없습니다
resources-none-help = API를 주소로 등록하면 클라이언트가 그 API만 받아들이는 토큰을 요청할 수 있습니다.
resources-introspected-by = 토큰을 조회하는 곳
resources-asked-by = 조회
resources-any = 모두
resources-nobody = 없음
resource-uri-help = API의 주소입니다. 예: https://api.example.com. 토큰의 대상(audience)으로 들어가며 나중에 바꿀 수 없습니다.
resource-name-help = 사용자에게 보이는 이름입니다. 예: 보고서 API
resource-token-format = 토큰 형식
resource-scope-help = 이 API의 토큰에 담을 수 있는 범위입니다. 비워 두면 모든 범위입니다.
resource-introspected-by-help = 토큰이 유효한지 물을 수 있는 클라이언트의 ID입니다. 보통 API 자신이며, 한 줄에 하나씩 씁니다.
resource-create = 리소스 만들기
resource-delete-question = { $name }{ PARTICLE($name, "을/를") } 삭제할까요?
resource-delete-tokens = { $uri }에 이미 발급된 토큰 { $tokens }개는 만료될 때까지 유효합니다
resource-delete-lead = 이 리소스의 토큰을 요청하는 클라이언트는 거부됩니다.
resource-delete = 리소스 삭제
resource-opaque = 불투명(opaque)
resource-opaque-help = API가 토큰마다 Grantor에 묻습니다. 즉시 취소할 수 있습니다.
resource-jwt-help = API가 서명을 직접 확인합니다. 토큰의 수명은 최대 10분입니다.
resource-format-of-client = 클라이언트 설정을 따름
resource-created = 리소스를 만들었습니다.
resource-deleted = 리소스를 삭제했습니다.

## Users

users-lead = 로그인하는 사람들입니다.
users-new = 새 사용자
users-search = 사용자 이름, 이름 또는 이메일 주소
users-none = 아직 사용자가 없습니다
users-none-help = 사용자를 만들고 비밀번호를 정할 링크를 전달하세요.
users-no-match = 일치하는 사용자가 없습니다
users-no-match-help = 사용자 이름, 이름, 이메일 주소의 일부로 찾아보세요.
users-email-short = 이메일
user-role = 역할
user-sessions-none = 로그인한 곳이 없습니다.
user-grants-none = 아직 어떤 클라이언트에도 접근을 허용하지 않았습니다.
user-events-none = 아직 없습니다.
user-link-help = 비밀번호를 잊었거나 아직 정하지 않은 사람을 위한, 한 번만 쓸 수 있는 링크입니다.
user-link-make = 비밀번호 설정 링크 만들기
user-disable-title = 사용자 사용 중지
user-disable-help = 로그인할 수 없고 토큰이 동작을 멈춥니다.
user-disable = 사용 중지
user-enable-title = 사용자 다시 사용
user-enable-help = 다시 로그인할 수 있습니다.
user-enable = 다시 사용
user-delete-title = 사용자 삭제
user-delete-help = 프로필, 세션, 접근 허용이 영구히 사라집니다.
user-delete = 사용자 삭제
user-edit = 사용자 편집
user-save = 사용자 저장
user-create = 사용자 만들기
user-new-lead = 한 번만 쓸 수 있는 링크를 받습니다. 사용자가 열어 비밀번호를 정합니다.
user-role-self = 자신의 관리자 역할은 뺄 수 없습니다. 다른 관리자에게 요청하세요.
user-link-copy = <strong>지금 링크를 복사하세요.</strong> 다시 표시되지 않습니다. 여는 사람이 비밀번호를 정하므로 안전하게 전달하세요.
user-link = 비밀번호를 정하는 링크
user-continue = 사용자로 이동
user-person = 인적 정보
user-further-claims = 그 밖의 클레임
user-none-set = 없음
user-claims-help = 그 밖의 표준 클레임이나 자체 클레임을 담은 JSON 객체입니다. 클라이언트는 범위가 허용하는 것만 봅니다.
user-all-grants = { $username }의 모든 접근 허용
user-link-expires = 한 번만 쓸 수 있으며 { $when } 만료됩니다.
user-edit-title = { $username } 편집
user-saved = 사용자를 저장했습니다.
user-not-yourself = 자신의 계정에는 할 수 없습니다. 다른 관리자에게 요청하세요.
user-disable-lead = 로그인할 수 없고 클라이언트가 대신할 수 없습니다. 나중에 다시 사용할 수 있습니다.
user-enable-lead = 다시 로그인할 수 있고 클라이언트가 전처럼 대신할 수 있습니다.
user-delete-lead = 되돌릴 수 없습니다. 같은 이름의 새 사용자는 다른 사람입니다. 잠시 멈추려면 사용 중지하세요.
user-delete-gone = 프로필, 클레임, 동의가 사라집니다
user-disable-question = { $username }{ PARTICLE($username, "을/를") } 사용 중지할까요?
user-enable-question = { $username }{ PARTICLE($username, "을/를") } 다시 사용할까요?
user-delete-question = { $username }{ PARTICLE($username, "을/를") } 삭제할까요?
user-disable-sessions = 세션 { $count }개가 즉시 끝납니다
user-disable-grants = 유효한 접근 허용 { $count }건의 토큰이 동작을 멈춥니다
user-delete-ends = 세션 { $sessions }개와 유효한 접근 허용 { $grants }건이 즉시 끝납니다
user-disabled = { $username }{ PARTICLE($username, "을/를") } 사용 중지했습니다.
user-enabled = { $username }{ PARTICLE($username, "을/를") } 다시 사용합니다.
user-deleted = { $username }{ PARTICLE($username, "을/를") } 삭제했습니다.
user-created-title = 사용자를 만들었습니다
user-link-title = 비밀번호 설정 링크
user-link-lead = 한 번만 쓸 수 있는 링크를 받습니다. 여는 사람이 새 비밀번호를 정하므로 안전하게 전달하세요.
user-link-button = 링크 만들기
user-link-old = 새 비밀번호를 정할 때까지 현재 비밀번호가 동작합니다
user-link-earlier = 이전 링크는 동작을 멈춥니다
user-link-question = { $username }의 비밀번호 설정 링크를 만들까요?
user-claims-malformed = JSON 객체가 아닙니다. 예: {"{"}"department": "Sales"{"}"}
role-auditor = 감사자
role-support = 지원
role-user-help = 애플리케이션에 로그인하며 이 콘솔은 볼 수 없습니다.
role-auditor-help = 이 콘솔의 모든 것을 보지만 아무것도 바꾸지 않습니다.
role-support-help = 모든 것을 보고, 세션을 끝내고, 사용자의 비밀번호 설정 링크를 만들고, 접근 허용과 토큰을 취소합니다.
role-admin-help = 모든 것을 바꿀 수 있습니다.
user-sign-out = 모든 곳에서 로그아웃
user-sign-out-lead = 바로 다시 로그인할 수 있습니다. 애플리케이션은 다시 물어야 합니다.
user-sign-out-question = { $username }{ PARTICLE($username, "을/를") } 모든 곳에서 로그아웃할까요?
user-sign-out-grants = 유효한 접근 허용 { $count }건과 그 토큰이 취소됩니다
user-events = 감사 로그: <a href="{ $by }">이 사용자가 한 일</a>, <a href="{ $of }">이 사용자에게 일어난 일</a>

## Preview of claims

claims-title = 클레임 미리보기
claims-preview = 클레임 미리보기
claims-lead = 클라이언트가 사용자에 대해 알게 되는 내용과 각 클레임의 출처를 그대로 보여 줍니다. 아무것도 발급하거나 저장하거나 서명하지 않습니다.
claims-user-help = 사용자 이름, 이메일 주소 또는 계정 ID입니다.
claims-client-help = 클라이언트 ID입니다. 이름의 첫 글자들을 입력해 찾을 수도 있습니다.
claims-user-unknown = “{ $typed }” 사용자가 없습니다. 아래에서 선택하거나 다른 이름을 입력하세요.
claims-client-unknown = ID가 “{ $typed }”인 클라이언트가 없습니다. 아래에서 선택하거나 다른 이름을 입력하세요.
claims-choose-user = 사용자 선택
claims-choose-client = 클라이언트 선택
claims-resource = 리소스
claims-resource-help = 액세스 토큰을 사용할 API입니다.
claims-no-resource = 없음: 이 서버 자체
claims-parameter = 클레임을 하나씩 요청
claims-parameter-label = claims 매개변수
claims-parameter-help = JSON으로 입력합니다. 예: { "{" }"id_token": { "{" }"email": null{ "}" }{ "}" }. OpenID 요청에서만 쓰입니다(OpenID Connect Core §5.5).
claims-show = 클레임 보기
claims-user-disabled = { $user } 계정은 사용 중지되어 있어 어떤 클라이언트도 정보를 받지 못합니다. 먼저 사용자를 사용 설정하세요.
claims-client-disabled = { $client } 클라이언트는 사용 중지되어 있어 아무것도 받지 못합니다. 먼저 클라이언트를 사용 설정하세요.
claims-refused = 서버가 이 요청을 거부합니다. { $error }: { $why }
claims-summary = { $user } 사용자가 요청된 것을 모두 허용하면 { $client } 클라이언트가 아래 내용을 받습니다. 액세스 토큰은 { $time } 동안 유효하며 갱신 토큰은 없습니다.
claims-summary-refresh = { $user } 사용자가 요청된 것을 모두 허용하면 { $client } 클라이언트가 아래 내용과 갱신 토큰을 받습니다. 액세스 토큰은 { $time } 동안 유효합니다.
claims-summary-machine = { $client } 클라이언트가 자기 이름으로 아래 내용을 받습니다. 액세스 토큰은 { $time } 동안 유효합니다.
claims-claim = 클레임
claims-value = 값
claims-where-from = 출처
claims-as-json = JSON으로 보기
claims-id-token = ID 토큰
claims-id-token-lead = 발급할 때 { $algorithm } 알고리즘으로 서명하는 JWT입니다.
claims-access-token = 액세스 토큰
claims-jwt = 발급할 때 ES256 알고리즘으로 서명하는 JWT입니다. 리소스 서버가 이 내용을 읽습니다.
claims-opaque = 불투명 토큰: gat_으로 시작하는 임의의 문자열입니다. 무엇을 뜻하는지는 인트로스펙션으로만 알 수 있습니다.
claims-introspection = 인트로스펙션
claims-introspection-lead = 리소스 서버가 액세스 토큰을 조회하면 받는 응답입니다.
claims-userinfo = 사용자 정보
claims-userinfo-lead = 클라이언트가 userinfo 엔드포인트에 액세스 토큰을 제시하면 받는 응답입니다.
claims-userinfo-signed = 클라이언트가 userinfo 엔드포인트에서 받는 응답입니다. 클라이언트 설정 userinfo_signed_response_alg에 따라 { $algorithm } 알고리즘으로 서명한 JWT로 보냅니다.
claims-unsaid = 허용되지만 알려지지 않은 클레임
claims-unsaid-lead = 클라이언트가 알 수 있는 클레임이지만 계정에 값이 없어 포함되지 않습니다.
claims-source = { $why }. { $what }
claims-opened-by-scope = 범위 { $scope }에 포함
claims-opened-by-request = claims 매개변수로 요청
claims-custom-scope = { $scope } (관리자가 만듦)
claims-from-issuer = 이 서버의 발급자(issuer)이며 서버 설정입니다.
claims-from-machine = 사용자가 관여하지 않으므로 클라이언트 자신의 ID입니다.
claims-from-pairwise = 클라이언트의 subject_type 설정이 pairwise이므로 섹터마다 다른 ID입니다. 여기서는 { $sector }입니다.
claims-from-account-id = 계정 ID입니다. public 설정을 쓰는 클라이언트에는 모두 같습니다.
claims-from-client-id = 클라이언트 ID입니다.
claims-from-no-resource = 요청한 리소스가 없으므로 이 서버 자체입니다.
claims-from-resource = 요청한 리소스입니다.
claims-from-client-lifetime = 지금부터 { $time }: 클라이언트에 설정된 유효 기간입니다.
claims-from-server-lifetime = 지금부터 { $time }: 서버에 설정된 유효 기간입니다.
claims-from-now = 발급 시각입니다.
claims-from-chance = 토큰마다 새로 만듭니다.
claims-from-grant = 허용된 범위 중 리소스가 받아들이는 범위입니다.
claims-from-sign-in = 사용자가 마지막으로 본인임을 확인한 시각입니다.
claims-from-proof = 사용자가 본인임을 확인한 방법입니다.
claims-from-access-token = 액세스 토큰에서 계산하므로 매번 다릅니다.
claims-from-session = 로그아웃에 쓰는 브라우저 세션입니다.
claims-from-session-pairwise = 로그아웃에 쓰는 브라우저 세션입니다. 섹터마다 이름이 다르며 여기서는 { $sector }입니다.
claims-from-protocol = 프로토콜이 정합니다.
claims-from-username = 계정의 사용자 이름입니다.
claims-from-display-name = 계정의 표시 이름입니다.
claims-from-email = 계정의 이메일 주소입니다.
claims-from-change = 계정이 마지막으로 변경된 시각입니다.
claims-from-nobody-checked = 확인했다는 기록이 없으면 거짓입니다.
claims-from-account = 계정의 클레임입니다.

## Grants

grants-lead = 누가 어떤 클라이언트에 무엇을 허용했는지, 유효한 것만 보여 줍니다.
grants-search-client = 클라이언트 이름 또는 ID
grants-no-match = 일치하는 유효한 접근 허용이 없습니다
grants-no-match-help = 다른 사용자 이름이나 클라이언트로 찾아보세요.
grants-none = 유효한 접근 허용이 없습니다
grants-none-help = 사용자가 클라이언트에 접근을 허용하거나 서버 간 클라이언트가 토큰을 받으면 여기에 표시됩니다.
grants-client-itself = 클라이언트 자신
grant-resources-none = 특정 리소스 없음
grant-id = 접근 허용 ID
grant-tokens-none = 보관 중인 토큰이 없습니다.
grant-kind = 종류
grant-issued = 발급
grant-revoke-title = 접근 허용 취소
grant-revoke-help = 모든 토큰이 끝나고 클라이언트가 다시 요청해야 합니다.
grant-revoke = 접근 허용 취소
grants-several = 여러 클라이언트가 일치합니다. 전체 이름이나 클라이언트 ID를 입력하세요.
token-access = 액세스 토큰
grant-revoke-question = 접근 허용을 취소할까요?
grant-back = 접근 허용
grant-revoked = 접근 허용을 취소했습니다.
grant-revoked-before = 이미 취소된 접근 허용입니다.
grant-title = { $username }의 { $client }
grant-revoke-lead = { $client }{ PARTICLE($client, "은/는") } 더 이상 { $username }{ PARTICLE($username, "을/를") } 대신할 수 없습니다.
grant-revoke-lead-machine = { $client }{ PARTICLE($client, "이/가") } 자신을 위해 받은 것이 끝납니다. 다시 요청할 수 있으므로, 막으려면 클라이언트를 사용 중지하세요.
grant-revoke-tokens = 토큰 { $count }개가 즉시 끝납니다
grant-revoke-asks = { $client }{ PARTICLE($client, "이/가") } { $username }에게 다시 요청해야 합니다
activity = 활동

## Keys

keys-lead = 토큰에 서명하는 키입니다. 서명하기 전에 공개하고, 서명한 것이 모두 만료될 때까지 공개합니다.
keys-rotate = 키 교체
keys-none = 아직 키가 없습니다
keys-none-help = 서버가 시작할 때 첫 키를 만듭니다. 나타나지 않으면 교체하여 만드세요.
keys-id = 키 ID
keys-algorithm = 알고리즘
keys-public = 공개 키
keys-public-help = 검증하는 쪽이 찾는 주소입니다.
keys-rotate-anyway = 그래도 교체
keys-rotate-question = 서명 키를 교체할까요?
keys-rotate-lead = 다음 키가 서명을 시작합니다. 개인 키가 유출되었을 수 있다면 즉시 하세요. 그렇지 않으면 자동으로 이루어집니다.
keys-rotate-tokens = 이미 발급된 토큰은 만료될 때까지 유효합니다
keys-rotate-published = 현재 키는 그때까지 공개됩니다
keys-rotate-new = 새로운 다음 키를 만들어 공개합니다
keys-rotate-refused = 키를 다시 가져갈 때까지 새 토큰을 거부합니다
keys-next = 다음
keys-current = 현재
keys-retiring = 물러나는 중
keys-retired = 은퇴
keys-soon = 곧
keys-retiring-note = 서명한 것이 모두 만료될 때까지 공개합니다
keys-retired-note = 더 이상 공개하지 않습니다
keys-rotated = 서명 키를 교체했습니다.
keys-next-note = 공개됨, { $when } 서명 시작
keys-current-note = { $when }부터 서명
keys-published = 공개
keys-signs-since = 서명 시작
keys-retiring-since = 물러나기 시작
keys-readers = 이 프로세스가 시작된 뒤 본 프로그램 { $all }개 가운데 { $since }개가 가장 새로운 키를 공개한 때({ $when })부터 키를 가져갔습니다. 주소와 사용자 에이전트로 구별하며, 어느 클라이언트의 것인지는 알 수 없습니다.

## Audit log

audit-lead = 누가 언제 어디에서 무엇을 했는지 보여 줍니다. 시각은 UTC입니다.
audit-day-from = 시작일
audit-day-to = 종료일
audit-no-match = 일치하는 것이 없습니다
audit-no-match-help = 기간을 넓히거나 칸을 비워 보세요.
audit-none = 아직 아무 일도 없습니다
audit-none-help = 로그인, 변경, 거부된 시도가 여기에 표시됩니다.
audit-anything = 모두
audit-choose = 목록에서 하나를 고르세요.
audit-day-malformed = 2026-03-14처럼 날짜를 입력하세요.
action-client-authentication-failed = 클라이언트 인증 실패
action-client-deleted = 클라이언트 삭제
action-client-disabled = 클라이언트 사용 중지
action-client-enabled = 클라이언트 다시 사용
action-client-expired = 클라이언트 만료: 아무도 허용하지 않음
action-client-registered = 클라이언트 자체 등록
action-client-secret-added = 시크릿 추가
action-client-secret-deleted = 시크릿 삭제
action-client-updated = 클라이언트 변경
action-consent-denied = 접근 거부
action-consent-given = 접근 허용
action-consent-withdrawn = 접근 철회
action-grant-issued = 접근 허용 발급
action-grant-replayed = 코드 또는 리프레시 토큰 재사용
action-grant-revoked = 접근 허용 취소
action-keys-rotated = 키 교체
action-login-succeeded = 로그인
action-logout-retried = 클라이언트에 로그아웃 다시 알림
action-registration-token-created = 등록 토큰 생성
action-registration-token-revoked = 등록 토큰 취소
action-resource-created = 리소스 생성
action-resource-deleted = 리소스 삭제
action-scope-created = 범위 생성
action-scope-deleted = 범위 삭제
action-scope-updated = 범위 변경
action-session-all-ended = 모든 곳에서 로그아웃
action-session-ended = 세션 종료
action-token-revoked = 토큰 취소
action-user-created = 사용자 생성
action-user-deleted = 사용자 삭제
action-user-disabled = 사용자 사용 중지
action-user-enabled = 사용자 다시 사용
action-user-link-made = 비밀번호 설정 링크 생성
action-user-password-set = 비밀번호 설정
action-user-updated = 사용자 변경
audit-anonymous = 로그인하지 않음
audit-as = 당시 이름: { $text }
audit-changed = 변경: { $text }
audit-claims = 클레임: { $text }
audit-client = 클라이언트: { $text }
audit-default = 기본
audit-grant-of = { $name }의 접근 허용
audit-grants = 접근 허용 { $count }건
audit-next = 새로운 다음 키: { $text }
audit-not-default = 기본 아님
audit-operator = 명령줄
audit-registration-token = 등록 토큰: { $text }
audit-scopes = 범위: { $text }
audit-secret = 시크릿: { $text }
audit-sessions = 세션 { $count }개
audit-until = { $when }까지
audit-uses = { $count }회
action-user-role-changed = 역할 변경
audit-was = 이전: { $role }
audit-is = 현재: { $role }
action-audit-log-exported = 감사 로그 내보내기
audit-export = 내보내기
audit-verify-short = 검증
audit-from-where = 출처 주소
audit-verify-lead = 각 항목은 서버의 비밀 키가 필요한 해시로 앞 항목과 이어져 있습니다.
audit-verify-entries = 확인한 항목
audit-verify-position = 위치
audit-verify-hash = 해시
audit-verify-keep = 위치와 해시를 다른 곳에 보관하세요. 통째로 되돌린 데이터베이스에는 더 이상 없습니다.
audit-verify-next = 다음 항목 확인
audit-verify-again = 다시 검증
copy-hash = 해시
audit-verify = 감사 로그 검증
audit-verify-whole = 빠지거나 바뀐 항목이 없습니다.
audit-verify-so-far = 지금까지 빠지거나 바뀐 항목이 없습니다.
audit-verify-broken = 항목 { $entry }에서 로그가 깨졌습니다: { $what }.
audit-export-malformed = 2026-03-14처럼 날짜를 입력하고, 종료일은 시작일 뒤여야 합니다.
action-client-tried = 플레이그라운드에서 클라이언트 시험
action-client-created = 클라이언트 생성
action-client-grants-revoked = 클라이언트의 접근 허용 취소
action-client-secret-expiry-set = 시크릿 만료 변경
action-login-failed = 로그인 거부

## Registration tokens

registration-lead = 가진 사람은 클라이언트가 스스로 등록하게 할 수 있습니다.
registration-new = 새 토큰
registration-none = 등록 토큰이 없습니다
registration-none-help = 클라이언트를 스스로 등록하는 소프트웨어를 위해 만드세요. 정한 횟수만큼 쓸 수 있습니다.
registration-whom = 용도
registration-made = 생성
registration-nobody = 특정 대상 없음
registration-endpoint = 등록 엔드포인트
registration-endpoint-help = 클라이언트가 토큰과 메타데이터를 보내는 곳입니다.
registration-copy = <strong>지금 토큰을 복사하세요.</strong> 다이제스트만 보관하므로 다시 보여 드릴 수 없습니다.
registration-token = 등록 토큰
registration-token-help = 클라이언트가 등록할 때 베어러 토큰으로 보냅니다.
registration-continue = 토큰 목록으로 이동
registration-note = 용도
registration-note-help = 스스로 알아보기 위한 메모입니다.
registration-uses = 클라이언트 수
registration-uses-help = 이만큼의 클라이언트를 등록할 수 있습니다.
registration-lifetime = 사용 기간
registration-lifetime-help = 이미 등록한 클라이언트는 남습니다.
registration-make = 토큰 만들기
revoke = 취소
registration-revoke-which = { $when }에 만든 토큰
registration-revoke-question = 등록 토큰을 취소할까요?
registration-revoke-lead = 더 이상 이 토큰으로 클라이언트를 등록할 수 없습니다.
registration-revoke = 토큰 취소
registration-revoke-nobody = 특정 대상을 위해 만든 것이 아닙니다
registration-new-title = 새 등록 토큰
registration-made-title = 등록 토큰을 만들었습니다
registration-used-up = 모두 사용함
registration-revoked = 등록 토큰을 취소했습니다.
registration-revoke-clients = 이 토큰으로 등록한 클라이언트 { $count }개는 계속 동작합니다
registration-left = 클라이언트 { $count }개 남음

## Sign-outs

deliveries-lead = 세션이 끝났을 때 클라이언트에 알린 내역입니다(백채널 로그아웃). 7일간 보관합니다.
deliveries-none = 알릴 것이 없습니다
deliveries-none-help = 사용자가 로그아웃하면 백채널 로그아웃 URI가 있는 클라이언트에 알리고 결과를 여기에 표시합니다.
deliveries-signed-out = 로그아웃
deliveries-attempts = 시도
deliveries-retry = 다시 시도
deliveries-retry-which = { $client }에 알리기
deliveries-delivered = 전달됨
deliveries-given-up = 포기함
deliveries-waiting = 대기 중
deliveries-trying = 시도 중
deliveries-deleted-user = 삭제된 사용자
deliveries-retried = 지금 클라이언트에 다시 알립니다.
deliveries-next = 다음 시도: { $when }.

## Two admins at one form

outdated-lead = 그사이에 다른 사람이 변경하여 저장하지 않았습니다. 입력한 내용은 그대로 있으며, 다시 저장하면 지금 저장된 내용을 바꿉니다.
outdated-empty = 지금은 비어 있습니다.
outdated-now = 지금 값: { $value }

## What most clients leave alone

setting-application_type = 애플리케이션 유형
setting-application_type-help = 무엇이 실행하는지 고릅니다. 서버와 브라우저이거나 기기 자체입니다.
setting-application_type-web = 웹사이트
setting-application_type-native = 사용자 기기의 앱
setting-initiate_login_uri = 클라이언트의 로그인 페이지
setting-initiate_login_uri-help = 다른 곳에서 시작된 로그인을 보내는 주소입니다. 클라이언트가 여기서 로그인을 시작합니다.
setting-post_logout_redirect_uris = 로그아웃 이후
setting-post_logout_redirect_uris-help = 로그아웃한 사용자가 돌아갈 수 있는 주소입니다. 한 줄에 하나씩 씁니다.
setting-default_max_age = 다시 로그인하기까지
setting-default_max_age-help = 이 시간(초)이 지나면 사용자가 다시 본인을 증명해야 합니다. 비워 두면 세션을 따릅니다.
setting-require_auth_time = 로그인 시각 알리기
setting-require_auth_time-help = 모든 ID 토큰에 로그인 시각(auth_time)을 담습니다.
setting-subject_type = 사용자를 부르는 값
setting-subject_type-help = 나중에 바꾸면 클라이언트에게 모든 사용자가 새 사용자로 보입니다.
setting-subject_type-public = 다른 클라이언트와 같은 ID
setting-subject_type-pairwise = 클라이언트마다 다른 ID(서로 대조할 수 없음)
setting-sector_identifier_uri = 섹터 식별자
setting-sector_identifier_uri-help = 모든 리디렉션 URI를 담은 JSON 배열의 주소입니다. 여러 호스트에서 자체 ID를 쓰는 클라이언트에 필요합니다.
setting-access_token_format = 액세스 토큰 형식
setting-access_token_format-help = 불투명 토큰은 즉시 취소할 수 있습니다. JWT는 서버에 묻지 않고 확인하며 수명은 최대 10분입니다.
setting-access_token_format-opaque = 불투명(opaque)
setting-access_token_lifetime = 액세스 토큰 수명
setting-access_token_lifetime-help = 초 단위입니다.
setting-refresh_token_lifetime = 리프레시 토큰 수명
setting-refresh_token_lifetime-help = 얼마나 자주 쓰든 전체 수명을 초 단위로 적습니다.
setting-id_token_lifetime = ID 토큰 수명
setting-id_token_lifetime-help = 초 단위입니다.
setting-id_token_signed_response_alg = ID 토큰 서명 알고리즘
setting-id_token_signed_response_alg-help = 모든 OpenID Connect 라이브러리가 RS256을 지원합니다.
setting-userinfo_signed_response_alg = 사용자 정보 서명
setting-userinfo_signed_response_alg-help = 거의 모든 클라이언트가 서명 없는 JSON을 기대합니다.
setting-userinfo_signed_response_alg-default = 서명 없음: 일반 JSON
setting-refresh_token_rotation = 리프레시 토큰 교체
setting-refresh_token_rotation-help = 한 번만 쓸 수 있고, 쓰면 다음 토큰을 받습니다.
setting-require_pkce = PKCE 요구
setting-require_pkce-help = 지원하지 못하는 소프트웨어에만 끄세요.
setting-skip_consent = 동의 생략
setting-skip_consent-help = 사용자에게 묻지 않습니다. 직접 운영하는 소프트웨어에만 쓰세요.
setting-backchannel_logout_uri = 백채널 로그아웃 주소
setting-backchannel_logout_uri-help = 사용자가 로그아웃했다고 서버에서 서버로 알리는 주소입니다.
setting-backchannel_logout_session_required = 알림에 세션 밝히기
setting-backchannel_logout_session_required-help = 여러 세션을 유지하는 클라이언트를 위해 어느 세션(sid)이 끝났는지 알립니다.
setting-frontchannel_logout_uri = 프런트채널 로그아웃 주소
setting-frontchannel_logout_uri-help = 로그아웃하는 동안 사용자의 브라우저가 여는 주소입니다. 리디렉션 URI와 같은 호스트여야 합니다.
setting-frontchannel_logout_session_required = 주소에 세션 밝히기
setting-frontchannel_logout_session_required-help = 주소에 발급자와 세션(iss, sid)을 매개변수로 붙입니다.
setting-jwks_uri = 공개 키의 주소
setting-jwks_uri-help = 클라이언트가 공개하는 JWK 집합입니다. 클라이언트가 키를 스스로 바꿀 수 있습니다.
setting-jwks = 공개 키
setting-jwks-help = 공개하지 않는 클라이언트를 위한 JWK 집합 자체입니다. 둘 중 하나면 충분합니다.
setting-token_endpoint_auth_signing_alg = 서명 알고리즘
setting-token_endpoint_auth_signing_alg-help = 자신을 증명하는 어설션에 쓰는 단 하나의 알고리즘입니다.
setting-token_endpoint_auth_signing_alg-default = 지원하는 모든 알고리즘
setting-client_assertion_audience = 어설션의 대상(audience)
setting-client_assertion_audience-help = 오래된 라이브러리는 토큰 엔드포인트의 URL을 보냅니다.
setting-client_assertion_audience-issuer = 발급자만
setting-client_assertion_audience-token_endpoint = 토큰 엔드포인트의 URL도
setting-client_uri = 웹사이트
setting-client_uri-help = 자세한 정보를 볼 수 있는 곳입니다.
setting-logo_uri = 로고
setting-logo_uri-help = 요청하는 소프트웨어를 위해 보관합니다. 이 서버의 페이지는 외부 그림을 표시하지 않습니다.
setting-policy_uri = 개인정보 처리방침
setting-policy_uri-help = 사람들의 데이터를 어떻게 다루는지 설명합니다.
setting-tos_uri = 이용약관
setting-tos_uri-help = 사용할 때 동의하는 내용입니다.
setting-contacts = 연락처
setting-contacts-help = 운영하는 사람들의 이메일 주소입니다. 한 줄에 하나씩 씁니다.
setting-group-sign-in = 로그인
setting-group-tokens = 토큰
setting-group-logout = 로그아웃
setting-group-keys = 키
setting-group-about = 정보
setting-empty-means = { $help } 비워 두면 { $time }입니다.
setting-given-by-value = 값으로 지정됨

## A new client's values and programs

connect-programs = 그대로 동작하는 프로그램
connect-programs-help = 이 클라이언트의 실제 값이 채워져 있습니다. 대부분의 라이브러리는 발급자(issuer)만 알면 나머지를 스스로 찾습니다.
connect-before = 준비
connect-run = 실행 방법
copy-commands = 명령
connect-title = 연결하기

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
password-breached = 다른 곳에서 유출된 비밀번호 목록에 있는 비밀번호입니다. 공격자는 이런 비밀번호를 가장 먼저 시도합니다. 다른 것을 고르고, 이 비밀번호를 쓰는 다른 곳에서도 바꾸세요.
password-common = 많은 사람이 쓰는 비밀번호라 공격자가 가장 먼저 시도합니다. 서로 관련 없는 단어 네 개처럼 다른 것을 고르세요.
password-date = 날짜와 연도는 추측하기 쉽습니다. 서로 관련 없는 단어 네 개처럼 다른 비밀번호를 고르세요.
password-easy = 추측하기 쉬운 비밀번호입니다. 서로 관련 없는 단어 네 개처럼 다른 것을 고르세요.
password-keys = 키보드에서 나란히 있는 글쇠는 추측하기 쉽습니다. 서로 관련 없는 단어 네 개처럼 다른 비밀번호를 고르세요.
password-name = 이름은 추측하기 쉽습니다. 서로 관련 없는 단어 네 개처럼 다른 비밀번호를 고르세요.
password-nearly-common = 흔한 비밀번호를 조금 바꾼 것이라 공격자가 함께 시도합니다. 서로 관련 없는 단어 네 개처럼 다른 것을 고르세요.
password-personal = 이름이나 주소를 아는 사람이 추측하기 쉬운 비밀번호입니다. 서로 관련 없는 단어 네 개처럼 다른 것을 고르세요.
password-repeats = 같은 것을 되풀이해도 추측하기는 거의 어려워지지 않습니다. 서로 관련 없는 단어 네 개처럼 다른 비밀번호를 고르세요.
password-sequence = abcd나 6543처럼 이어지는 글자는 추측하기 쉽습니다. 서로 관련 없는 단어 네 개처럼 다른 비밀번호를 고르세요.
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
help-authorization-pending = 누군가 코드를 입력하고 결정할 때까지 기기가 기다리고 있습니다.
help-authorization-pending-developer = 기기 승인 응답의 interval이 지난 뒤 다시 요청하세요. 기기 코드가 만료될 때까지 반복합니다. slow_down을 받으면 그 뒤로는 5초씩 더 기다리세요.
help-expired-token = 기기에 표시된 코드가 만료되었습니다. 기기에서 새 코드를 표시하세요.
help-expired-token-developer = 기기 코드가 유효한 동안 아무도 응답하지 않았습니다. 사용자가 요청하면 기기 승인을 새로 시작하세요.
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
user-link-not-allowed = 콘솔에서 일하는 사람의 링크는 관리자만 만들 수 있습니다. 관리자에게 요청하세요.
scope-taken = 같은 이름의 범위가 이미 있습니다. 그것을 바꾸거나 다른 이름을 고르세요.
scope-claims-of-server = 이 범위가 여는 클레임은 서버가 정합니다. 그대로 두세요.
scope-no-default = 관리 API의 범위는 기본 범위가 될 수 없습니다. 필요한 클라이언트마다 지정하세요.
scope-claim-name = 클레임의 이름은 공백 없이 1자에서 { $most }자까지입니다.
scope-claims-many = 범위 하나가 여는 클레임은 최대 { $most }개입니다.
scope-description-missing = 범위가 무엇을 허용하는지 짧게 적으세요. 사용자가 동의하기 전에 읽습니다.
scope-description-long = 500자 이하로 한 줄만 쓰세요.
scope-needed = 서버에 필요한 범위이므로 삭제할 수 없습니다.
scope-named = 클라이언트 { $count }개가 이 범위를 씁니다. 먼저 그곳에서 뺀 뒤 삭제하세요.
scope-named-once = 클라이언트 1개가 이 범위를 씁니다. 먼저 그곳에서 뺀 뒤 삭제하세요.
resource-name-malformed = API에 200자 이하의 이름을 지정하세요.
scope-unknown = 존재하지 않는 범위가 있습니다. 먼저 만드세요.
resource-taken = 같은 식별자의 리소스가 이미 있습니다.
resource-client-unknown = ID가 { $id }인 클라이언트가 없습니다.
resource-client-public = { $client }({ $id }){ PARTICLE($client, "은/는") } 공개 클라이언트라 자신을 증명할 수 없습니다. 기밀 클라이언트를 지정하세요.
registration-uses-malformed = 토큰 하나로 1개에서 { $most }개까지 등록할 수 있습니다.
registration-lifetime-malformed = 토큰의 수명은 1초에서 { $most }초까지입니다.
registration-note-long = { $most }자 이하로 한 줄만 쓰세요.
client-public-no-secret = 공개 클라이언트에는 시크릿이 없습니다. 먼저 token_endpoint_auth_method를 바꾸세요.
client-two-secrets = 이미 시크릿이 두 개 있습니다. 더 이상 쓰지 않는 것을 먼저 삭제하세요.
client-only-secret = 클라이언트의 유일한 시크릿입니다. 먼저 새로 추가하거나 클라이언트를 사용 중지하세요.
keys-too-young = 다음 키를 방금 공개했으므로 토큰을 확인하는 쪽이 아직 가져가지 않았을 수 있습니다. { $minutes }분 기다리세요. 개인 키가 유출되었을 수 있을 때만 그래도 교체하세요.
resource-identifier-long = 리소스 식별자는 2048자 이하여야 합니다.
resource-identifier-spaces = 리소스 식별자는 공백 없는 URL이어야 합니다. 예: https://api.example.com/
resource-identifier-relative = 리소스 식별자는 절대 URL이어야 합니다. 예: https://api.example.com/
resource-identifier-fragment = 리소스 식별자에는 프래그먼트(#…)를 쓸 수 없습니다. 예: https://api.example.com/
resource-identifier-user = 리소스 식별자에는 사용자 이름을 쓸 수 없습니다. 예: https://api.example.com/
scope-name-signs = 범위 이름에는 공백, 따옴표, 역슬래시 없이 글자, 숫자, 기호를 씁니다. 예: reports:read
scope-name-long = 범위 이름은 { $most }자 이하여야 합니다.
scope-name-empty = 범위의 이름을 입력하세요. 예: reports:read
metadata-number = { $number }번째: { $problem }
metadata-grant-types = authorization_code, refresh_token, client_credentials, urn:ietf:params:oauth:grant-type:device_code 가운데에서 쓰세요.
metadata-seconds = { $from }부터 { $to }까지의 정수(초)를 입력하세요.
metadata-choice = { $names } 가운데 하나를 쓰세요.
metadata-name-long = 이름은 { $most }자 이하여야 합니다.
metadata-many = 클라이언트 하나에 최대 { $most }개까지 쓸 수 있습니다.
metadata-needs-redirect-uri = authorization_code 승인 방식에는 리디렉션 URI가 필요합니다. 예: https://app.example.com/callback
metadata-no-redirect-uris = 리디렉션 URI는 authorization_code 승인 방식에만 씁니다. 지우거나 승인 방식을 추가하세요.
metadata-refresh-needs-code = refresh_token 승인 방식은 authorization_code 또는 device_code와 함께 써야 합니다.
metadata-public-machine = 공개 클라이언트는 client_credentials를 쓸 수 없습니다. token_endpoint_auth_method로 시크릿을 고르거나 승인 방식을 빼세요.
metadata-public-pkce = 공개 클라이언트에는 항상 PKCE가 필요합니다. require_pkce를 true로 두세요.
metadata-public-rotation = 공개 클라이언트의 리프레시 토큰은 항상 교체됩니다. 이 항목을 비워 두세요.
metadata-jwks-both = jwks와 jwks_uri 가운데 하나만 쓰세요.
metadata-needs-keys = private_key_jwt에는 공개 키가 필요합니다. jwks_uri 또는 jwks를 쓰세요.
metadata-sector = 클라이언트마다 다른 ID를 쓰려면 모든 리디렉션 URI의 호스트가 같거나, URI를 나열한 sector_identifier_uri가 있어야 합니다.
metadata-frontchannel-origin = 리디렉션 URI 가운데 하나와 스킴, 호스트, 포트가 같아야 합니다.
metadata-name-missing = 사용자가 알아볼 수 있는 이름을 입력하세요.
metadata-name-control = 이름에는 줄바꿈이나 다른 제어 문자를 쓸 수 없습니다.
metadata-only-code = code만 지원합니다.
metadata-no-response-types = authorization_code 승인 방식이 없으면 응답 유형도 없습니다.
metadata-auth-method = client_secret_basic, client_secret_post, private_key_jwt, none 가운데에서 쓰세요.
metadata-scopes-long = 범위를 모두 합해 4096자를 넘습니다.
metadata-scope-names = 범위 이름은 공백으로 구분하며 따옴표나 역슬래시를 쓸 수 없습니다.
metadata-https = https URL을 쓰세요. 예: https://app.example.com/
metadata-contacts = 이메일 주소를 최대 20개까지 쓰세요.
metadata-fragment = URL에 프래그먼트를 쓸 수 없습니다. #과 그 뒤를 지우세요.
metadata-jwk-set = JWK 집합을 쓰세요. keys 항목이 키의 배열인 객체입니다.
metadata-jwks-count = 키를 1개에서 32개까지 쓰세요.
metadata-private-key = 개인 키의 값이 들어 있습니다. 공개 키만 보내고, 보낸 키는 교체하세요.
metadata-kty = kty가 없는 키가 있습니다.
metadata-boolean = true 또는 false를 쓰세요.
metadata-zero-byte = 값이 0인 바이트가 들어 있습니다.
metadata-string = 문자열을 쓰세요.
metadata-strings = 문자열의 배열을 쓰세요.
metadata-no-usable-key = 쓸 수 있는 키가 없습니다. RS256, PS256, ES256, EdDSA용 키를 보내세요.
metadata-bad-key = 쓸 수 없는 키가 있습니다: { $error }.
metadata-not-fetched = 가져올 수 없습니다: { $error }.
metadata-status = 상태 코드 { $status }로 응답합니다.
metadata-sector-no-array = 이 주소에 리디렉션 URI의 JSON 배열이 없습니다.
metadata-sector-lacks = 이 주소의 배열에 빠진 redirect_uris가 있습니다. 먼저 그곳에 추가하세요.
redirect-uri-empty = 리디렉션 URI가 비어 있습니다. https://app.example/callback과 같은 절대 URI를 쓰세요.
redirect-uri-long = 리디렉션 URI가 { $most }바이트를 넘습니다. 더 짧게 쓰세요.
redirect-uri-character = 리디렉션 URI에 URI에서 쓸 수 없는 { $character } 문자가 있습니다. 퍼센트 인코딩하고 호스트는 ASCII로 쓰세요.
redirect-uri-percent = 리디렉션 URI의 % 뒤에 16진수 두 자리가 없습니다. %는 %25로 쓰세요.
redirect-uri-wildcard = 리디렉션 URI에 *가 있습니다. 패턴은 쓸 수 없으므로 URI를 모두 그대로 등록하세요.
redirect-uri-fragment = 리디렉션 URI에 프래그먼트가 있습니다. #과 그 뒤를 지우세요.
redirect-uri-relative = 리디렉션 URI가 절대 URI가 아닙니다. https:// 또는 앱의 전용 스킴으로 시작하세요.
redirect-uri-dangerous-scheme = 리디렉션 URI의 스킴 { $scheme }{ PARTICLE($scheme, "은/는") } 응답을 받을 수 없습니다. https 또는 com.example.app과 같은 전용 스킴을 쓰세요.
redirect-uri-scheme = 리디렉션 URI의 스킴이 { $scheme }입니다. https 또는 보유한 도메인을 뒤집은 전용 스킴을 쓰세요. 예: com.example.{ $scheme } (RFC 8252 section 7.1)
redirect-uri-clear-text = 리디렉션 URI가 다른 호스트에 http를 씁니다. https를 쓰세요. http는 127.0.0.1, [::1], localhost에만 쓸 수 있습니다.
redirect-uri-user-info = 리디렉션 URI의 호스트 앞에 사용자 정보가 있습니다. @까지 모두 지우세요.
redirect-uri-host = 리디렉션 URI의 호스트나 경로가 올바르지 않습니다. https://app.example/callback처럼 쓰세요.
redirect-uri-port = 리디렉션 URI의 포트가 올바르지 않습니다. 1에서 65535까지의 숫자를 쓰거나 콜론을 지우세요.
redirect-uri-parameter = 리디렉션 URI의 쿼리에 인가 응답이 직접 추가하는 { $name }{ PARTICLE($name, "이/가") } 있습니다. 매개변수의 이름을 바꾸세요.
audit-when-malformed = 2026-03-14와 같은 날짜 또는 2026-03-14T09:30과 같은 UTC 시각을 입력하세요.
audit-when-order = 시작보다 뒤의 시각을 입력하세요.
audit-altered-mark = 사슬의 시작이나 끝 표시가 변경되었습니다
audit-missing-link = 이 위치의 연결이 없습니다
audit-missing-entry = 이 위치의 항목이 빠졌습니다
audit-altered-entry = 이 위치의 항목이나 연결이 변경되었습니다
audit-foreign-entry = 끼워 넣은 항목입니다. 사슬에 자리가 없습니다
audit-missing-end = 이 위치부터 최신 항목이 빠졌습니다
