-- The record of changes, sealed in batches by hash like the record of reads. A batch is a span of transactions that have all ended
-- (below the oldest one running), so that nothing comes into it afterwards.
alter table platform.event add xid bigint not null default (pg_current_xact_id()::text::bigint);
create index event_xid on platform.event using brin (xid);

create table platform.event_seal (
  tenant int not null,
  seq bigint not null,
  at timestamptz not null,
  lower bigint not null,
  upper bigint not null,
  rows int not null,
  previous bytea not null,
  hash bytea not null,
  primary key (tenant, seq),
  check (lower < upper)
);
call platform.protect(array['platform.event_seal']::regclass[]);
revoke update, delete on platform.event_seal from healthteams_app;

-- Jobs that write what a court or an auditor asked for.
create table platform.audit_export (
  tenant int not null,
  id uuid not null,
  asked jsonb not null,
  asked_by text not null,
  asked_at timestamptz not null,
  next_at timestamptz,
  done bigint not null default 0,
  total bigint,
  finished_at timestamptz,
  primary key (tenant, id)
);
create index audit_export_due on platform.audit_export (next_at) where next_at is not null;
call platform.protect(array['platform.audit_export']::regclass[]);
call platform.open_to_worker(array['platform.audit_export']::regclass[]);
