-- Urgent until read, then until acknowledged (MSG-01 to MSG-08, MSG-13). A message that asks for an answer of its recipients' has a
-- row here: whoever reads, acknowledges or escalates takes its lock first.
create table collab.message_raised (
  tenant int not null,
  message uuid not null,
  conversation uuid,
  -- Whose roster and rules its escalation goes by.
  team uuid,
  sender uuid,
  -- The first acknowledgement closes the others' deliveries; otherwise everyone's counts for themselves.
  anyone boolean not null default false,
  receipt boolean not null default false,
  settled text check (settled in ('acknowledged', 'withdrawn', 'unanswered')),
  settled_at timestamptz,
  settled_by uuid,
  primary key (tenant, message),
  foreign key (tenant, message) references collab.message,
  foreign key (tenant, team) references collab.team,
  foreign key (tenant, sender) references collab.person,
  check ((settled is null) = (settled_at is null))
);
create index message_raised_sender on collab.message_raised (tenant, sender, message) where sender is not null;
insert into collab.message_raised (tenant, message, sender, receipt) select tenant, id, sender_person, true from collab.message;

-- Read, acknowledged and answered are three different times. Escalated: the step that asked this person; asked_as: "Charge nurse, Ward 4".
alter table collab.message_delivery add answered_at timestamptz, add escalated int, add asked_as text, add notified_at timestamptz;
alter table collab.message_delivery drop constraint message_delivery_closed_check;
alter table collab.message_delivery add constraint message_delivery_closed_check check (closed in ('read', 'unread', 'withdrawn', 'passed', 'taken'));
-- The key says that a step happened once. A look at the delivery for each of 20,000 rows a second, written by the one statement that has just locked it, proves nothing more.
alter table collab.message_notification drop constraint message_notification_tenant_delivery_fkey;

-- A step of a message's escalation, written when it is sent: what will happen when, is there to be read. Stops only at an acknowledgement.
create table collab.message_escalation (
  tenant int not null,
  message uuid not null,
  step int not null check (step between 1 and 8),
  id uuid not null,
  kind text not null check (kind in ('people', 'onShift', 'role', 'owners', 'sender')),
  name text check (char_length(name) <= 80),
  people uuid[] not null default '{}',
  planned_at timestamptz not null,
  due_at timestamptz,
  done_at timestamptz,
  asked uuid[] not null default '{}',
  outcome text check (outcome in ('asked', 'nobody', 'told', 'stopped')),
  primary key (tenant, message, step),
  unique (tenant, id),
  foreign key (tenant, message) references collab.message_raised,
  check ((outcome is null) = (due_at is not null))
);
create index message_escalation_due on collab.message_escalation (due_at) where due_at is not null;

-- Who is asked after whom: a team's own rules, or the hospital's (no team).
create table collab.escalation_policy (
  tenant int not null,
  id uuid not null,
  team uuid,
  anyone boolean not null default false,
  version int not null default 1,
  changed_at timestamptz not null,
  changed_by uuid,
  primary key (tenant, id),
  unique nulls not distinct (tenant, team),
  foreign key (tenant, team) references collab.team
);
create table collab.escalation_step (
  tenant int not null,
  policy uuid not null,
  step int not null check (step between 1 and 8),
  after_minutes int not null check (after_minutes between 1 and 240),
  kind text not null check (kind in ('people', 'onShift', 'role', 'owners', 'sender')),
  name text check (char_length(name) between 1 and 80),
  primary key (tenant, policy, step),
  foreign key (tenant, policy) references collab.escalation_policy on delete cascade,
  check (kind <> 'role' or name is not null)
);
create table collab.escalation_person (
  tenant int not null,
  policy uuid not null,
  step int not null,
  person uuid not null,
  primary key (tenant, policy, step, person),
  foreign key (tenant, policy, step) references collab.escalation_step on delete cascade,
  foreign key (tenant, person) references collab.person
);

call platform.protect(array['collab.message_raised', 'collab.message_escalation', 'collab.escalation_policy', 'collab.escalation_step', 'collab.escalation_person']::regclass[]);
call platform.open_to_worker(array['collab.message_escalation']::regclass[]);
