-- One row per state change: the audit trail, the live update, the notification and the write-back in one.
-- Ids only, never clinical text.
create table platform.event (
  tenant int not null,
  id uuid not null,
  at timestamptz not null,
  kind text not null,
  subject text not null,
  patient text,
  actor text not null,
  actor_kind text not null,
  client text,
  source text,
  data jsonb not null default '{}',
  primary key (tenant, id)
);
create index event_subject on platform.event (tenant, subject, id);
create index event_patient on platform.event (tenant, patient, id) where patient is not null;
call platform.protect(array['platform.event']::regclass[]);
revoke update, delete on platform.event from healthteams_app;
grant select, insert on platform.event to healthteams_worker;
create policy worker on platform.event to healthteams_worker using (true) with check (true);

-- One row per event and consumer, deleted when delivered. Within a lane strictly in order; a parked row
-- waits for an operator and holds up nobody.
create table platform.delivery (
  seq bigint generated always as identity primary key,
  tenant int not null,
  event uuid not null,
  consumer text not null,
  lane text,
  due timestamptz not null,
  attempts int not null default 0,
  parked_at timestamptz,
  error text,
  unique (tenant, event, consumer),
  foreign key (tenant, event) references platform.event
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 1);
create index delivery_due on platform.delivery (consumer, due, seq) where parked_at is null;
create index delivery_lane on platform.delivery (consumer, lane, seq) where lane is not null and parked_at is null;
call platform.protect(array['platform.delivery']::regclass[]);
call platform.open_to_worker(array['platform.delivery']::regclass[]);
