-- Who read what: one row per access to a patient's data, partitioned by month, chained by hash per batch.
create table platform.access (
  tenant int not null,
  at timestamptz not null,
  id uuid not null,
  batch uuid not null,
  actor text not null,
  actor_kind text not null,
  client text,
  source text,
  action text not null,
  subject text not null,
  patient text,
  outcome smallint not null,
  primary key (tenant, at, id)
) partition by range (at);
create index access_patient on platform.access (tenant, patient, at) where patient is not null;
create table platform.access_default partition of platform.access default;
call platform.protect(array['platform.access', 'platform.access_default']::regclass[]);
revoke update, delete on platform.access, platform.access_default from healthteams_app;

create table platform.access_batch (
  tenant int not null,
  id uuid not null,
  seq bigint not null,
  at timestamptz not null,
  rows int not null,
  previous bytea not null,
  hash bytea not null,
  primary key (tenant, seq),
  unique (tenant, id)
);
call platform.protect(array['platform.access_batch']::regclass[]);
revoke update, delete on platform.access_batch from healthteams_app;
