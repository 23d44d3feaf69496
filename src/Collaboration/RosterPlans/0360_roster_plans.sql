-- Rosters planned by the machine: what was asked, the best so far, what came of it.
create table collab.roster_plan (
  tenant int not null,
  id uuid not null,
  team uuid not null,
  kind text not null check (kind in ('plan', 'illness')),
  first_day date not null,
  days int not null check (days between 1 and 62),
  ask jsonb not null,
  next jsonb not null default '[]', -- cells a manager keeps or forbids before solving again
  parent uuid, -- the plan it goes on from
  state text not null default 'queued' check (state in ('queued', 'running', 'done', 'stopped', 'failed', 'laid', 'discarded')),
  penalty bigint,
  bound bigint,
  cells jsonb, -- [[person, day, shift], ...]: the best so far, kept at every step
  found int not null default 0, -- how many better ones were found
  seconds int not null check (seconds between 1 and 600),
  stop_asked boolean not null default false,
  why text, -- why there is none, or it was cut short: a code
  due timestamptz not null, -- the lease of the worker that runs it
  claim int not null default 0,
  made_by uuid not null,
  made_at timestamptz not null,
  started_at timestamptz,
  ended_at timestamptz,
  laid jsonb, -- what putting it into the roster changed, to undo it
  version int not null default 1,
  primary key (tenant, id),
  foreign key (tenant, team) references collab.schedule,
  foreign key (tenant, parent) references collab.roster_plan,
  foreign key (tenant, made_by) references collab.person,
  check (state not in ('done', 'laid') or cells is not null),
  check ((state = 'laid') = (laid is not null))
);
-- One at a time for a schedule.
create unique index roster_plan_runs on collab.roster_plan (tenant, team) where state in ('queued', 'running');
create index roster_plan_team on collab.roster_plan (tenant, team, made_at desc);
create index roster_plan_due on collab.roster_plan (due) where state in ('queued', 'running');

-- "I would like to work that day", "rather not a night on Friday".
create table collab.roster_wish (
  tenant int not null,
  id uuid not null,
  team uuid not null,
  person uuid not null,
  day date not null,
  label text not null default '' check (char_length(label) <= 80), -- of the shift; empty: any
  wants boolean not null, -- to work; else rather not
  weight int not null default 1 check (weight between 1 and 3),
  made_at timestamptz not null,
  primary key (tenant, id),
  foreign key (tenant, team) references collab.schedule,
  foreign key (tenant, person) references collab.person
);
create unique index roster_wish_once on collab.roster_wish (tenant, team, person, day, lower(label));
create index roster_wish_day on collab.roster_wish (tenant, team, day);

-- How many wishes each may have in a calendar month.
create table collab.roster_policy (
  tenant int not null,
  team uuid not null,
  wishes int not null check (wishes between 0 and 31),
  primary key (tenant, team),
  foreign key (tenant, team) references collab.schedule
);

call platform.protect(array['collab.roster_plan', 'collab.roster_wish', 'collab.roster_policy']::regclass[]);
call platform.open_to_worker(array['collab.roster_plan']::regclass[]);
