-- Rosters (SH-01 to SH-10). A thing on a roster has up to two faces, as in Graph: the shared one that all see (draft = false) and
-- a draft that managers change. One table for shifts, open shifts and time off: so one constraint holds between them, and one
-- query reads a grid.
create extension if not exists btree_gist;

create table collab.schedule (
  tenant int not null,
  team uuid not null,
  enabled boolean not null default true,
  zone text not null,
  week_start int not null default 1 check (week_start between 0 and 6), -- 0 = Sunday
  time_clock boolean not null default true,
  open_shifts boolean not null default true,
  swaps boolean not null default true,
  offers boolean not null default true,
  time_off boolean not null default true,
  copy_activities boolean not null default true,
  cross_location boolean not null default false,
  auto_approve boolean not null default false,
  others_off boolean not null default true,
  -- The rules of work; zero switches one off.
  rest_hours int not null default 11 check (rest_hours between 0 and 48),
  weekly_hours int not null default 48 check (weekly_hours between 0 and 168),
  one_a_day boolean not null default false,
  days_in_row int not null default 6 check (days_in_row between 0 and 31),
  never_after text[] not null default '{}', -- "Night>Early"
  place text check (char_length(place) <= 200), -- where clocking in counts as "at place"
  created_at timestamptz not null,
  version int not null default 1,
  primary key (tenant, team),
  foreign key (tenant, team) references collab.team
);

-- Owners of the schedule who do not own the team (who may what: 12.4).
create table collab.schedule_owner (
  tenant int not null,
  team uuid not null,
  person uuid not null,
  primary key (tenant, team, person),
  foreign key (tenant, team) references collab.schedule,
  foreign key (tenant, person) references collab.person
);

create table collab.shift_group (
  tenant int not null,
  id uuid not null,
  team uuid not null,
  name text not null check (char_length(name) between 1 and 80),
  active boolean not null default true,
  position int not null default 0,
  version int not null default 1,
  primary key (tenant, id),
  unique (tenant, team, id),
  foreign key (tenant, team) references collab.schedule
);
create unique index shift_group_name on collab.shift_group (tenant, team, lower(name)) where active;
-- Open shifts across locations meet by the group's name.
create index shift_group_meets on collab.shift_group (tenant, lower(name)) where active;

create table collab.shift_group_member (
  tenant int not null,
  shift_group uuid not null,
  person uuid not null,
  primary key (tenant, shift_group, person),
  foreign key (tenant, shift_group) references collab.shift_group on delete cascade,
  foreign key (tenant, person) references collab.person
);
create index shift_group_member_person on collab.shift_group_member (tenant, person);

create table collab.time_off_reason (
  tenant int not null,
  id uuid not null,
  team uuid not null,
  name text not null check (char_length(name) between 1 and 80),
  icon text not null default 'none' check (icon in ('none', 'car', 'calendar', 'running', 'plane', 'firstAid', 'doctor', 'notWorking', 'clock', 'juryDuty',
    'globe', 'cup', 'phone', 'weather', 'umbrella', 'piggyBank', 'dog', 'cake', 'trafficCone', 'pin', 'sunny')),
  active boolean not null default true,
  primary key (tenant, id),
  unique (tenant, team, id),
  foreign key (tenant, team) references collab.schedule
);
create unique index time_off_reason_name on collab.time_off_reason (tenant, team, lower(name)) where active;

create table collab.shift (
  tenant int not null,
  id uuid not null,
  draft boolean not null,
  team uuid not null,
  kind text not null check (kind in ('shift', 'open', 'off')),
  person uuid,
  shift_group uuid,
  reason uuid,
  slots int check (slots between 0 and 100),
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  label text not null default '' check (char_length(label) <= 80),
  notes text not null default '' check (char_length(notes) <= 1000),
  theme text not null default 'white' check (theme in ('white', 'blue', 'green', 'purple', 'pink', 'yellow', 'gray', 'darkBlue', 'darkGreen', 'darkPurple', 'darkPink', 'darkYellow')),
  activities jsonb not null default '[]',
  skills text[] not null default '{}',
  -- A draft that takes the thing off the roster when it is shared.
  removed boolean not null default false,
  -- Why a manager set it although soft rules say no.
  override text check (char_length(override) <= 500),
  overridden text[] not null default '{}',
  version int not null default 1,
  changed_at timestamptz not null,
  changed_by uuid,
  -- The shared face differs from what FHIR shows of it.
  stale boolean not null default true,
  primary key (tenant, id, draft),
  foreign key (tenant, team) references collab.schedule,
  foreign key (tenant, person) references collab.person,
  foreign key (tenant, team, shift_group) references collab.shift_group (tenant, team, id),
  foreign key (tenant, team, reason) references collab.time_off_reason (tenant, team, id),
  constraint shift_faces check (draft or not removed),
  constraint shift_whose check ((kind = 'open') = (person is null) and (kind = 'open') = (slots is not null) and (kind = 'off') = (reason is not null)),
  constraint shift_lasts check (ends_at - starts_at >= interval '1 minute' and (kind = 'off' or ends_at - starts_at <= interval '24 hours') and ends_at - starts_at <= interval '400 days'),
  -- Nobody works two shared shifts at once, nor in approved time off, in whatever team. Looked at after each statement: a swap moves two.
  constraint shift_overlap exclude using gist (tenant with =, person with =, tstzrange(starts_at, ends_at) with &&) where (not draft and person is not null)
    deferrable initially immediate
);
create index shift_grid on collab.shift (tenant, team, starts_at);
create index shift_person on collab.shift (tenant, person, starts_at) where person is not null;
create index shift_stale on collab.shift (tenant, team) where stale and not draft;

-- Shared faces that are gone and that FHIR still shows.
create table collab.shift_gone (
  tenant int not null,
  id uuid not null,
  team uuid not null,
  person uuid,
  primary key (tenant, id)
);

create table collab.day_note (
  tenant int not null,
  team uuid not null,
  day date not null,
  draft text check (char_length(draft) <= 1000),
  shared text check (char_length(shared) <= 1000),
  primary key (tenant, team, day),
  foreign key (tenant, team) references collab.schedule
);

-- What somebody is or may do, as the roster needs it: "IV", "ECMO", "charge". A credential ends.
create table collab.person_skill (
  tenant int not null,
  person uuid not null,
  skill text not null check (char_length(skill) between 1 and 40),
  until date,
  primary key (tenant, person, skill),
  foreign key (tenant, person) references collab.person
);

-- When somebody can work (SH-10): minutes of a weekday in a zone; who says nothing can always.
create table collab.availability (
  tenant int not null,
  person uuid not null,
  weekday int not null check (weekday between 0 and 6),
  from_minute int not null check (from_minute between 0 and 1439),
  to_minute int not null check (to_minute between 1 and 1440),
  zone text not null,
  primary key (tenant, person, weekday, from_minute),
  foreign key (tenant, person) references collab.person,
  check (from_minute < to_minute)
);

-- Minimum staffing: so many people at these times of these weekdays.
create table collab.cover (
  tenant int not null,
  id uuid not null,
  team uuid not null,
  shift_group uuid,
  weekdays int[] not null check (weekdays <@ array[0, 1, 2, 3, 4, 5, 6] and cardinality(weekdays) > 0),
  from_minute int not null check (from_minute between 0 and 1439),
  to_minute int not null check (to_minute between 1 and 2880),
  people int not null check (people between 1 and 200),
  skill text,
  primary key (tenant, id),
  foreign key (tenant, team) references collab.schedule,
  foreign key (tenant, team, shift_group) references collab.shift_group (tenant, team, id),
  check (from_minute < to_minute)
);
create index cover_team on collab.cover (tenant, team);

-- Who is on a team's roster: the id of their PractitionerRole and Schedule, and the secret of their calendar feed.
create table collab.roster_person (
  tenant int not null,
  team uuid not null,
  person uuid not null,
  id uuid not null,
  primary key (tenant, team, person),
  unique (tenant, id),
  foreign key (tenant, team) references collab.schedule,
  foreign key (tenant, person) references collab.person
);

create table collab.shift_feed (
  secret bytea primary key, -- SHA-256 of what stands in the address
  tenant int not null,
  person uuid not null,
  made_at timestamptz not null,
  read_at timestamptz,
  unique (tenant, person),
  foreign key (tenant, person) references collab.person
);

call platform.protect(array['collab.schedule', 'collab.schedule_owner', 'collab.shift_group', 'collab.shift_group_member', 'collab.time_off_reason', 'collab.shift',
  'collab.shift_gone', 'collab.day_note', 'collab.person_skill', 'collab.availability', 'collab.cover', 'collab.roster_person', 'collab.shift_feed']::regclass[]);

-- Whoever brings the secret is asked for nothing else: which hospital and whose it is stands in the row.
create function collab.feed_of(given bytea) returns table (tenant int, person uuid)
  language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select f.tenant, f.person from collab.shift_feed f where f.secret = given
$$;
revoke execute on function collab.feed_of(bytea) from public;
grant execute on function collab.feed_of(bytea) to healthteams_app;
