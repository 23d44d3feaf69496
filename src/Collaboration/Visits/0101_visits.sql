create table collab.visit (
  tenant int not null,
  id uuid not null,
  status text not null check (status in ('Booked', 'Arrived', 'InProgress', 'Finished', 'NoShow', 'Cancelled')),
  start_at timestamptz,
  end_at timestamptz,
  reason text,
  service text,
  location text,
  patient uuid,
  arrived_at timestamptz,
  started_at timestamptz,
  finished_at timestamptz,
  no_show_at timestamptz,
  version bigint not null default 1,
  booked_at timestamptz not null,
  primary key (tenant, id),
  foreign key (tenant, patient) references collab.person,
  constraint visit_started_when_in_progress check (status <> 'InProgress' or started_at is not null),
  constraint visit_ends_after_it_starts check (end_at is null or start_at is null or end_at >= start_at)
);
create index visit_day on collab.visit (tenant, start_at);
create index visit_running on collab.visit (tenant, started_at) where status = 'InProgress';

-- Which visit an EHR's Appointment or Encounter means (decision record 0002).
create table collab.visit_key (
  tenant int not null,
  source uuid not null,
  kind text not null check (kind in ('Appointment', 'Encounter')),
  id text not null,
  visit uuid not null,
  primary key (tenant, source, kind, id),
  foreign key (tenant, visit) references collab.visit
);
create index visit_key_visit on collab.visit_key (tenant, visit);

create table collab.visit_identifier (
  tenant int not null,
  system text not null,
  value text not null,
  visit uuid not null,
  primary key (tenant, system, value),
  foreign key (tenant, visit) references collab.visit
);
create index visit_identifier_visit on collab.visit_identifier (tenant, visit);

create table collab.visit_clinician (
  tenant int not null,
  visit uuid not null,
  person uuid not null,
  primary key (tenant, visit, person),
  foreign key (tenant, visit) references collab.visit,
  foreign key (tenant, person) references collab.person
);
create index visit_clinician_person on collab.visit_clinician (tenant, person);

-- A guest's link: hashed at rest, bound to the first device that redeems it, dead with the visit.
create table collab.visit_link (
  tenant int not null,
  id uuid not null,
  visit uuid not null,
  role text not null check (role in ('Patient', 'Guest')),
  display text,
  hash bytea not null unique,
  created_at timestamptz not null,
  created_by uuid not null,
  redeemed_at timestamptz,
  device_hash bytea,
  failures int not null default 0,
  primary key (tenant, id),
  foreign key (tenant, visit) references collab.visit
);

-- A place in the room: waiting, admitted, in the call, left.
create table collab.participant (
  tenant int not null,
  id uuid not null,
  visit uuid not null,
  role text not null check (role in ('Host', 'Patient', 'Guest')),
  person uuid,
  link uuid,
  display text not null,
  known_by text not null check (known_by in ('Ehr', 'Staff', 'Link', 'Self')),
  state text not null check (state in ('Invited', 'Waiting', 'Admitted', 'InCall', 'Left', 'Removed')),
  waiting_since timestamptz,
  admitted_at timestamptz,
  admitted_by uuid,
  joined_at timestamptz,
  left_at timestamptz,
  connected_until timestamptz,
  created_at timestamptz not null,
  primary key (tenant, id),
  foreign key (tenant, visit) references collab.visit,
  foreign key (tenant, person) references collab.person,
  foreign key (tenant, link) references collab.visit_link,
  constraint participant_admitted_before_call check (state not in ('Admitted', 'InCall') or admitted_at is not null)
);
create unique index participant_person on collab.participant (tenant, visit, person) where person is not null;
create unique index participant_link on collab.participant (tenant, link) where link is not null;

-- Lets a page's connection into the room; short-lived and hashed.
create table collab.room_ticket (
  tenant int not null,
  hash bytea not null,
  participant uuid not null,
  expires_at timestamptz not null,
  primary key (tenant, hash),
  foreign key (tenant, participant) references collab.participant
);

create table collab.room_chat (
  tenant int not null,
  id uuid not null,
  visit uuid not null,
  participant uuid not null,
  text text not null check (length(text) between 1 and 4000),
  at timestamptz not null,
  primary key (tenant, visit, id),
  foreign key (tenant, participant) references collab.participant
);

call platform.protect(array['collab.visit', 'collab.visit_key', 'collab.visit_identifier', 'collab.visit_clinician',
  'collab.visit_link', 'collab.participant', 'collab.room_ticket', 'collab.room_chat']::regclass[]);

-- Whose hospital a link belongs to: the only thing to be learnt before the tenant is known.
create function collab.link_tenant(link_hash bytea) returns int
  language sql stable security definer set search_path = collab, pg_temp
  return (select tenant from collab.visit_link where hash = link_hash);
revoke all on function collab.link_tenant(bytea) from public;
grant execute on function collab.link_tenant(bytea) to healthteams_app;
