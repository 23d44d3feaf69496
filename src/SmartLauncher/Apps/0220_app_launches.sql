-- SMART-S6: what our page or an operator starts an app with. The handle itself goes through the browser; here its SHA-256.
create table auth.app_launch (
  tenant int not null references platform.tenant,
  hash bytea not null unique,
  client text not null,
  -- Who pressed, and in which session; an operator's handle is for whoever signs in.
  person uuid,
  session bytea,
  -- The frame on our page: a cookie of this browser that reaches us from within it.
  browser bytea,
  patient text not null,
  encounter text,
  appointment text,
  visit uuid,
  intent text,
  banner boolean not null default true,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  primary key (tenant, hash)
);
create index app_launch_expires on auth.app_launch (tenant, expires_at);
call platform.protect(array['auth.app_launch']::regclass[]);
