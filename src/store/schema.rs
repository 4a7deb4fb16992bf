//! One schema for both databases, kept by hand: only types that mean the same on SQLite and PostgreSQL. A test migrates
//! both and compares them with this file.

diesel::table! {
    cache_generation (id) {
        id -> Integer,
        value -> BigInt,
    }
}

diesel::table! {
    cache_changes (generation) {
        generation -> BigInt,
        client_id -> Text,
    }
}

diesel::table! {
    settings (name) {
        name -> Text,
        value -> Text,
    }
}

diesel::table! {
    leases (name) {
        name -> Text,
        holder -> Text,
        until -> BigInt,
    }
}

diesel::table! {
    signing_keys (kid) {
        kid -> Text,
        algorithm -> Text,
        state -> Text,
        sealed -> Binary,
        created_at -> BigInt,
        activated_at -> Nullable<BigInt>,
        retiring_at -> Nullable<BigInt>,
        retired_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    scopes (name) {
        name -> Text,
        description -> Text,
        is_default -> Bool,
        is_builtin -> Bool,
        claims -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    resources (uri) {
        uri -> Text,
        name -> Text,
        scope -> Nullable<Text>,
        token_format -> Nullable<Text>,
        introspected_by -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    clients (id) {
        id -> Text,
        name -> Text,
        origin -> Text,
        metadata -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
        disabled_at -> Nullable<BigInt>,
        version -> Integer,
        name_key -> Text,
        logo -> Nullable<Text>,
    }
}

diesel::table! {
    jwks_readers (address, user_agent) {
        address -> Text,
        user_agent -> Text,
        first_at -> BigInt,
        last_at -> BigInt,
    }
}

diesel::table! {
    client_reviews (client_id) {
        client_id -> Text,
        score -> BigInt,
        needs_attention -> Bool,
        changes -> BigInt,
        reviewed_at -> BigInt,
    }
}

diesel::table! {
    client_logos (client_id) {
        client_id -> Text,
        file -> Text,
        bytes -> Binary,
    }
}

diesel::table! {
    client_scopes (client_id, scope) {
        client_id -> Text,
        scope -> Text,
    }
}

diesel::table! {
    client_secrets (id) {
        id -> Text,
        client_id -> Text,
        digest -> Binary,
        created_at -> BigInt,
        expires_at -> Nullable<BigInt>,
        last_used_at -> Nullable<BigInt>,
        number -> Integer,
        first_used_at -> Nullable<BigInt>,
        last_used_address -> Nullable<Text>,
    }
}

diesel::table! {
    resource_owners (id) {
        id -> Text,
        username -> Text,
        username_key -> Text,
        email -> Nullable<Text>,
        email_key -> Nullable<Text>,
        name -> Nullable<Text>,
        password_hash -> Nullable<Text>,
        role -> Text,
        claims -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
        disabled_at -> Nullable<BigInt>,
        password_changed_at -> Nullable<BigInt>,
        last_login_at -> Nullable<BigInt>,
        version -> Integer,
        name_key -> Nullable<Text>,
        language -> Nullable<Text>,
    }
}

diesel::table! {
    one_time_links (digest) {
        digest -> Binary,
        purpose -> Text,
        resource_owner_id -> Nullable<Text>,
        created_at -> BigInt,
        expires_at -> BigInt,
        address -> Nullable<Text>,
    }
}

diesel::table! {
    email_confirmations (resource_owner_id) {
        resource_owner_id -> Text,
        address -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    browser_sessions (digest) {
        digest -> Binary,
        id -> Text,
        resource_owner_id -> Nullable<Text>,
        state -> Text,
        user_agent -> Text,
        address -> Text,
        created_at -> BigInt,
        last_seen_at -> BigInt,
        idle_expires_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    consents (resource_owner_id, client_id) {
        resource_owner_id -> Text,
        client_id -> Text,
        scope -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
        claims -> Text,
    }
}

diesel::table! {
    authorization_requests (id) {
        id -> Text,
        client_id -> Text,
        browser -> Nullable<Text>,
        request -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    device_authorizations (digest) {
        digest -> Binary,
        user_code -> Binary,
        client_id -> Text,
        request -> Text,
        address -> Text,
        state -> Text,
        browser -> Nullable<Text>,
        pace -> BigInt,
        polled_at -> Nullable<BigInt>,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    authorization_codes (digest) {
        digest -> Binary,
        grant_id -> BigInt,
        client_id -> Text,
        resource_owner_id -> Text,
        scope -> Text,
        redirect_uri -> Text,
        code_challenge -> Nullable<Text>,
        facts -> Text,
        failures -> Integer,
        created_at -> BigInt,
        expires_at -> BigInt,
        redeemed_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    grants (id) {
        id -> BigInt,
        client_id -> Text,
        resource_owner_id -> Nullable<Text>,
        session_id -> Nullable<Text>,
        scope -> Text,
        resource -> Nullable<Text>,
        facts -> Text,
        created_at -> BigInt,
        last_used_at -> BigInt,
        expires_at -> Nullable<BigInt>,
        revoked_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    access_tokens (digest) {
        digest -> Binary,
        grant_id -> BigInt,
        scope -> Text,
        audience -> Nullable<Text>,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    refresh_tokens (digest) {
        digest -> Binary,
        grant_id -> BigInt,
        successor -> Nullable<Binary>,
        created_at -> BigInt,
        expires_at -> BigInt,
        rotated_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    denied_tokens (id) {
        id -> Text,
        expires_at -> BigInt,
    }
}

diesel::table! {
    used_jtis (digest) {
        digest -> Binary,
        expires_at -> BigInt,
    }
}

diesel::table! {
    account_events (id) {
        id -> BigInt,
        resource_owner_id -> Text,
        at -> BigInt,
        kind -> Text,
        client_id -> Nullable<Text>,
        address -> Text,
        user_agent -> Text,
        detail -> Text,
    }
}

diesel::table! {
    audit_log (id) {
        id -> BigInt,
        at -> BigInt,
        action -> Text,
        actor_kind -> Text,
        actor -> Text,
        target -> Text,
        address -> Text,
        request_id -> Text,
        detail -> Text,
    }
}

diesel::table! {
    audit_links (position) {
        position -> BigInt,
        entry_id -> BigInt,
        hash -> Binary,
    }
}

diesel::table! {
    audit_marks (name) {
        name -> Text,
        position -> BigInt,
        entry_id -> BigInt,
        hash -> Binary,
        at -> BigInt,
        seal -> Binary,
    }
}

diesel::table! {
    request_log (id) {
        id -> BigInt,
        at -> BigInt,
        request_id -> Text,
        endpoint -> Text,
        client_id -> Nullable<Text>,
        client_name -> Text,
        flow -> Text,
        proof -> Text,
        outcome -> Text,
        is_failure -> Bool,
        failed_check -> Nullable<Text>,
        owner_id -> Nullable<Text>,
        address -> Text,
        duration_us -> BigInt,
        detail -> Text,
    }
}

diesel::table! {
    client_traffic (client_id, kind, name) {
        client_id -> Text,
        kind -> Text,
        name -> Text,
        count -> BigInt,
        first_at -> BigInt,
        last_at -> BigInt,
    }
}

diesel::table! {
    session_clients (session_id, client_id) {
        session_id -> Text,
        client_id -> Text,
        resource_owner_id -> Text,
        expires_at -> BigInt,
    }
}

diesel::table! {
    registration_tokens (id) {
        id -> Text,
        digest -> Binary,
        note -> Text,
        remaining_uses -> Integer,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    self_registrations (client_id) {
        client_id -> Text,
        digest -> Binary,
        vouched_by -> Nullable<Text>,
        expires_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    logout_requests (id) {
        id -> Text,
        browser -> Nullable<Text>,
        request -> Text,
        expires_at -> BigInt,
    }
}

diesel::table! {
    logout_deliveries (id) {
        id -> Text,
        client_id -> Text,
        resource_owner_id -> Text,
        session_id -> Text,
        attempts -> Integer,
        last_error -> Nullable<Text>,
        created_at -> BigInt,
        next_attempt_at -> Nullable<BigInt>,
        finished_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    mails (id) {
        id -> Text,
        resource_owner_id -> Text,
        kind -> Text,
        address -> Text,
        detail -> Text,
        attempts -> Integer,
        last_error -> Nullable<Text>,
        created_at -> BigInt,
        next_attempt_at -> Nullable<BigInt>,
        finished_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    playground_runs (id) {
        id -> Text,
        client_id -> Text,
        resource_owner_id -> Text,
        redirect_uri -> Text,
        secret_digest -> Binary,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    counts (span, since, name, label) {
        span -> BigInt,
        since -> BigInt,
        name -> Text,
        label -> Text,
        count -> BigInt,
    }
}

diesel::table! {
    active_users (resource_owner_id) {
        resource_owner_id -> Text,
        last_day -> BigInt,
    }
}

diesel::joinable!(access_tokens -> grants (grant_id));
diesel::joinable!(audit_links -> audit_log (entry_id));
diesel::joinable!(browser_sessions -> resource_owners (resource_owner_id));
diesel::joinable!(client_scopes -> clients (client_id));
diesel::joinable!(client_secrets -> clients (client_id));
diesel::joinable!(consents -> clients (client_id));
diesel::joinable!(grants -> clients (client_id));
diesel::joinable!(grants -> resource_owners (resource_owner_id));
diesel::joinable!(logout_deliveries -> clients (client_id));
diesel::joinable!(playground_runs -> clients (client_id));
diesel::joinable!(mails -> resource_owners (resource_owner_id));
diesel::joinable!(refresh_tokens -> grants (grant_id));

diesel::allow_tables_to_appear_in_same_query!(audit_links, audit_log);

diesel::allow_tables_to_appear_in_same_query!(
    access_tokens,
    browser_sessions,
    client_scopes,
    client_secrets,
    clients,
    consents,
    grants,
    logout_deliveries,
    mails,
    playground_runs,
    refresh_tokens,
    resource_owners,
);
