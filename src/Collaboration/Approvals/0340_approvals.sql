-- Exclusion over time wants the operator classes of plain types.
create extension if not exists btree_gist;

-- A decision asked of people, step by step (AP-01 to AP-08). What was asked is never edited; what was answered is never taken back.
create table collab.approval (
  tenant int not null,
  id uuid not null,
  task text,
  team uuid,
  owner uuid not null,
  title text not null check (char_length(title) between 1 and 200),
  details text check (char_length(details) <= 10000),
  -- Where it was started: a page of ours.
  about text check (about like '/%' and char_length(about) <= 500),
  patient uuid,
  -- [{"word": "Approve", "stops": false}, ...]: an answer that stops ends the whole.
  answers jsonb not null,
  signed boolean not null default false,
  allow_cancel boolean not null default true,
  form jsonb,
  form_answers jsonb,
  template uuid,
  status text not null check (status in ('Pending', 'Completed', 'Cancelled')),
  result text,
  stopped boolean,
  due_at timestamptz,
  escalate_to uuid,
  -- What happens next by itself: a reminder, the due date.
  next_at timestamptz,
  created_at timestamptz not null,
  completed_at timestamptz,
  version int not null default 1,
  primary key (tenant, id),
  unique (tenant, task),
  foreign key (tenant, team) references collab.team,
  foreign key (tenant, owner) references collab.person,
  foreign key (tenant, patient) references collab.person,
  foreign key (tenant, escalate_to) references collab.person,
  constraint approval_ended check ((status = 'Pending') = (completed_at is null)),
  constraint approval_answered check ((status = 'Completed') = (result is not null)),
  constraint approval_rests check (status = 'Pending' or next_at is null)
);
create index approval_owner on collab.approval (tenant, owner, created_at desc);
create index approval_team on collab.approval (tenant, team, created_at desc) where team is not null;
create index approval_due on collab.approval (next_at) where next_at is not null;

create table collab.approval_step (
  tenant int not null,
  approval uuid not null,
  step int not null,
  rule text not null check (rule in ('First', 'All')),
  primary key (tenant, approval, step),
  foreign key (tenant, approval) references collab.approval
);

-- One row per person asked; who passed it on stays, and the row of who got it says from whom (AP-05).
create table collab.approval_request (
  tenant int not null,
  id uuid not null,
  approval uuid not null,
  step int not null,
  approver uuid not null,
  state text not null check (state in ('Waiting', 'Open', 'Answered', 'Passed', 'Closed')),
  passed_from uuid,
  passed_why text check (passed_why in ('reassigned', 'away', 'escalated')),
  passed_by uuid,
  passed_at timestamptz,
  created_at timestamptz not null,
  opened_at timestamptz,
  answered_at timestamptz,
  closed_at timestamptz,
  -- The how-manieth answer of the whole it is: two may come within one tick of the clock.
  answer_no int,
  answer text,
  comments text check (char_length(comments) <= 4000),
  signature text,
  primary key (tenant, id),
  foreign key (tenant, approval, step) references collab.approval_step,
  foreign key (tenant, approver) references collab.person,
  foreign key (tenant, passed_from) references collab.approval_request,
  constraint request_answered check ((state = 'Answered') = (answer is not null and answered_at is not null)),
  constraint request_open check (state = 'Waiting' or state = 'Closed' or state = 'Passed' or opened_at is not null)
);
-- Nobody is asked twice at once in one step.
create unique index request_once on collab.approval_request (tenant, approval, step, approver) where state in ('Waiting', 'Open', 'Answered');
create index request_approver on collab.approval_request (tenant, approver) where state = 'Open';

-- An answer stands: it and its signature are never changed.
create function collab.keep_answer() returns trigger
  language plpgsql as $$
begin
  if old.state = 'Answered' then
    raise exception using errcode = 'HT409', message = 'an answer is never changed';
  end if;
  return new;
end $$;
create trigger kept before update or delete on collab.approval_request for each row execute function collab.keep_answer();

create table collab.approval_file (
  tenant int not null,
  approval uuid not null,
  name text not null check (char_length(name) between 1 and 255),
  hash text not null,
  type text not null,
  bytes bigint not null,
  added_at timestamptz not null,
  added_by uuid not null,
  -- AP-11: names are unique within a request.
  constraint approval_file_name primary key (tenant, approval, name),
  foreign key (tenant, approval) references collab.approval
);

-- Everything that happened, in order: the export's source.
create table collab.approval_event (
  tenant int not null,
  id uuid not null,
  approval uuid not null,
  at timestamptz not null,
  kind text not null,
  by uuid,
  person uuid,
  text text,
  seq bigint generated always as identity,
  primary key (tenant, id),
  foreign key (tenant, approval) references collab.approval
);
create index approval_event_of on collab.approval_event (tenant, approval, seq);

-- While somebody is away, what is asked of them goes to another.
create table collab.approval_delegation (
  tenant int not null,
  id uuid not null,
  person uuid not null,
  delegate uuid not null,
  from_at timestamptz not null,
  until_at timestamptz not null,
  begun boolean not null default false,
  ended_at timestamptz,
  primary key (tenant, id),
  foreign key (tenant, person) references collab.person,
  foreign key (tenant, delegate) references collab.person,
  check (delegate <> person),
  check (until_at > from_at),
  constraint delegation_one exclude using gist (tenant with =, person with =, tstzrange(from_at, until_at) with &&) where (ended_at is null)
);
create index delegation_due on collab.approval_delegation (from_at) where not begun and ended_at is null;

-- Requests asked again and again: of the hospital (no team) or of a team (AP-12). The form is copied into each request.
create table collab.approval_template (
  tenant int not null,
  id uuid not null,
  team uuid,
  name text not null check (char_length(name) between 1 and 200),
  details text check (char_length(details) <= 10000),
  steps jsonb not null,
  answers jsonb not null,
  form jsonb,
  signed boolean not null default false,
  due_hours int check (due_hours between 1 and 8760),
  enabled boolean not null default true,
  version int not null default 1,
  created_at timestamptz not null,
  created_by uuid,
  primary key (tenant, id),
  foreign key (tenant, team) references collab.team
);
create unique index approval_template_name on collab.approval_template (tenant, coalesce(team, '00000000-0000-0000-0000-000000000000'), lower(name)) where enabled;

call platform.protect(array['collab.approval', 'collab.approval_step', 'collab.approval_request', 'collab.approval_file', 'collab.approval_event', 'collab.approval_delegation', 'collab.approval_template']::regclass[]);
call platform.open_to_worker(array['collab.approval', 'collab.approval_delegation']::regclass[]);
