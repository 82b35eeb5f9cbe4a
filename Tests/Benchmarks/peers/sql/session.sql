SELECT users.id AS signed_in_id, email, email_verified_at, users.role AS user_role,
    users.leaves_at, users.created_at AS user_created_at, members.account_id, members.role AS member_role,
    proved_at > UTC_TIMESTAMP(6) - INTERVAL 10 MINUTE AS is_recent,
    last_used_at < UTC_TIMESTAMP(6) - INTERVAL 5 MINUTE AS is_stale
FROM sessions
JOIN users ON users.id = sessions.user_id
LEFT JOIN members ON members.user_id = users.id
    AND members.account_id = (
        SELECT mine.account_id
        FROM members AS mine
        WHERE mine.user_id = sessions.user_id
        ORDER BY mine.role, mine.created_at, mine.account_id
        LIMIT 1)
WHERE id_hash = ? AND expires_at > UTC_TIMESTAMP(6)
    AND last_used_at > UTC_TIMESTAMP(6) - INTERVAL 30 DAY AND blocked_at IS NULL
