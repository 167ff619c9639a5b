"""Real services that tests run against: PostgreSQL, Valkey, an SMTP sink, Chromium."""
