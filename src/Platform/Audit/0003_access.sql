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

-- This month's partition and those of the next ones; called at each start. The default partition is the safety net of a
-- program that runs for longer than that: what it caught moves to its month.
create function platform.make_access_partitions(since date, months int) returns void
  language plpgsql as $$
declare
  first timestamptz;
  past timestamptz;
  part text;
begin
  for i in 0 .. months loop
    first := (date_trunc('month', since::timestamp) + make_interval(months => i)) at time zone 'UTC';
    past := (date_trunc('month', since::timestamp) + make_interval(months => i + 1)) at time zone 'UTC';
    part := 'platform.access_' || to_char(first at time zone 'UTC', 'YYYY_MM');
    continue when to_regclass(part) is not null;
    execute format('create table %s (like platform.access including all)', part);
    call platform.protect(array[part]::regclass[]);
    execute format('revoke update, delete on %s from healthteams_app', part);
    lock table platform.access_default in access exclusive mode;
    execute format('with moved as (delete from platform.access_default where at >= %L and at < %L returning *) insert into %s select * from moved', first, past, part);
    execute format('alter table platform.access attach partition %s for values from (%L) to (%L)', part, first, past);
  end loop;
end $$;
revoke execute on function platform.make_access_partitions from public;

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
