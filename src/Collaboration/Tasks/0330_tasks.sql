-- Tasks of a team's boards, of one person, and as the chart sends them (TK-01..TK-08).
create table collab.task_board (
  tenant int not null,
  id uuid not null,
  team uuid not null,
  name text not null check (char_length(name) between 1 and 100),
  -- What teams above publish lands on a board of its own.
  published boolean not null default false,
  created_at timestamptz not null,
  created_by uuid,
  version int not null default 1,
  primary key (tenant, id),
  unique (tenant, id, team),
  foreign key (tenant, team) references collab.team
);
create unique index task_board_name on collab.task_board (tenant, team, lower(name));
create unique index task_board_published on collab.task_board (tenant, team) where published;

create table collab.task_bucket (
  tenant int not null,
  id uuid not null,
  board uuid not null,
  name text not null check (char_length(name) between 1 and 100),
  place numeric not null,
  primary key (tenant, id),
  unique (tenant, id, board),
  foreign key (tenant, board) references collab.task_board on delete cascade
);
create unique index task_bucket_name on collab.task_bucket (tenant, board, lower(name));

-- TK-05: recurs by the calendar. next_day is the day of the next occurrence, make_at when it is made.
create table collab.task_series (
  tenant int not null,
  id uuid not null,
  team uuid,
  board uuid,
  owner uuid,
  pattern text not null check (pattern in ('daily', 'weekly', 'monthlyDay', 'monthlyWeekday', 'yearly')),
  every int not null check (every between 1 and 366),
  weekdays int[] not null default '{}',
  month_day int check (month_day between 1 and 31),
  nth int check (nth in (1, 2, 3, 4, -1)),
  month int check (month between 1 and 12),
  first_day date not null,
  due_minute smallint check (due_minute between 0 and 1439),
  until_day date,
  times int check (times between 1 and 10000),
  ahead_days int not null default 1 check (ahead_days between 0 and 60),
  skip_open boolean not null default false,
  template jsonb not null,
  next_occurrence int not null default 1,
  next_day date,
  make_at timestamptz,
  stopped_at timestamptz,
  -- A series that took over from another one, from an occurrence on.
  follows uuid,
  created_at timestamptz not null,
  created_by uuid,
  version int not null default 1,
  primary key (tenant, id),
  foreign key (tenant, board, team) references collab.task_board (tenant, id, team) on delete cascade,
  check ((board is null) = (team is null)),
  check ((owner is null) = (team is not null)),
  check ((next_day is null) = (make_at is null))
);
create index task_series_due on collab.task_series (make_at) where make_at is not null;

create table collab.task (
  tenant int not null,
  id uuid not null,
  -- The logical id it came with by FHIR; what is made on a page has its own.
  fhir_id text,
  team uuid,
  board uuid,
  bucket uuid,
  -- Whose private task it is.
  owner uuid,
  title text not null check (char_length(title) between 1 and 255),
  notes text check (char_length(notes) <= 10000),
  place numeric not null,
  priority smallint not null default 5 check (priority in (1, 3, 5, 9)),
  status text not null default 'ready' check (status in (
    'draft', 'requested', 'received', 'accepted', 'rejected', 'ready', 'in-progress', 'on-hold', 'failed', 'completed', 'cancelled', 'entered-in-error')),
  hold text check (hold in ('deferred', 'waiting', 'approval')),
  status_before text,
  start_day date,
  start_minute smallint check (start_minute between 0 and 1439),
  start_at timestamptz,
  due_day date,
  due_minute smallint check (due_minute between 0 and 1439),
  due_at timestamptz,
  remind_minutes int check (remind_minutes between 0 and 43200),
  labels text[] not null default '{}',
  patient uuid,
  visit uuid,
  message uuid,
  needs_checklist boolean not null default false,
  needs_photo boolean not null default false,
  approver uuid,
  approved_at timestamptz,
  form jsonb,
  answers jsonb,
  answered_at timestamptz,
  answered_by uuid,
  series uuid,
  occurrence int,
  list_item uuid,
  for_person uuid,
  created_at timestamptz not null,
  created_by uuid,
  updated_at timestamptz not null,
  updated_by uuid,
  completed_at timestamptz,
  completed_by uuid,
  deleted_at timestamptz,
  deleted_by uuid,
  version int not null default 1,
  primary key (tenant, id),
  foreign key (tenant, board, team) references collab.task_board (tenant, id, team),
  foreign key (tenant, bucket, board) references collab.task_bucket (tenant, id, board),
  foreign key (tenant, owner) references collab.person,
  foreign key (tenant, patient) references collab.person,
  foreign key (tenant, approver) references collab.person,
  foreign key (tenant, series) references collab.task_series,
  check ((board is null) = (team is null)),
  check (bucket is null or board is not null),
  check (owner is null or team is null),
  check ((hold is not null) = (status = 'on-hold')),
  check ((completed_at is not null) = (status = 'completed')),
  check ((series is null) = (occurrence is null)),
  constraint task_days check ((due_day is null) = (due_at is null) and (start_day is null) = (start_at is null) and (due_minute is null or due_day is not null) and (start_minute is null or start_day is not null)),
  constraint task_period check (start_at is null or due_at is null or start_at <= due_at)
);
create unique index task_fhir on collab.task (tenant, fhir_id) where fhir_id is not null;
create unique index task_occurrence on collab.task (tenant, series, occurrence) where series is not null;
create unique index task_published on collab.task (tenant, list_item, team, for_person) nulls not distinct where list_item is not null;
create index task_of_board on collab.task (tenant, board) where deleted_at is null;
create index task_of_owner on collab.task (tenant, owner) where owner is not null;
create index task_of_patient on collab.task (tenant, patient) where patient is not null;
create index task_gone on collab.task (deleted_at) where deleted_at is not null;

create table collab.task_assignee (
  tenant int not null,
  task uuid not null,
  person uuid not null,
  at timestamptz not null,
  by uuid,
  primary key (tenant, task, person),
  foreign key (tenant, task) references collab.task on delete cascade,
  foreign key (tenant, person) references collab.person
);
create index task_assignee_person on collab.task_assignee (tenant, person);

-- TK-03: as many items as the work has.
create table collab.task_check (
  tenant int not null,
  id uuid not null,
  task uuid not null,
  title text not null check (char_length(title) between 1 and 255),
  place int not null,
  checked_at timestamptz,
  checked_by uuid,
  primary key (tenant, id),
  foreign key (tenant, task) references collab.task on delete cascade,
  check (checked_by is null or checked_at is not null)
);
create index task_check_task on collab.task_check (tenant, task, place);

create table collab.task_comment (
  tenant int not null,
  id uuid not null,
  task uuid not null,
  person uuid,
  text text not null check (char_length(text) between 1 and 4000),
  at timestamptz not null,
  primary key (tenant, id),
  foreign key (tenant, task) references collab.task on delete cascade
);
create index task_comment_task on collab.task_comment (tenant, task, at);

create table collab.task_link (
  tenant int not null,
  id uuid not null,
  task uuid not null,
  title text not null check (char_length(title) between 1 and 255),
  url text not null check (char_length(url) <= 2000 and (url ~ '^https?://' or url ~ '^/[^/\\]')),
  primary key (tenant, id),
  foreign key (tenant, task) references collab.task on delete cascade
);
create index task_link_task on collab.task_link (tenant, task);

create table collab.task_photo (
  tenant int not null,
  id uuid not null,
  task uuid not null,
  hash text not null,
  type text not null,
  bytes bigint not null,
  at timestamptz not null,
  by uuid,
  primary key (tenant, id),
  foreign key (tenant, task) references collab.task on delete cascade
);
create index task_photo_task on collab.task_photo (tenant, task);

create table collab.task_history (
  tenant int not null,
  id uuid not null,
  task uuid not null,
  at timestamptz not null,
  by uuid,
  what text not null,
  was text,
  became text,
  primary key (tenant, id),
  foreign key (tenant, task) references collab.task on delete cascade
);
create index task_history_task on collab.task_history (tenant, task, at);

create table collab.task_reminder (
  tenant int not null,
  task uuid not null,
  kind text not null check (kind in ('before', 'due', 'overdue')),
  at timestamptz not null,
  told_at timestamptz,
  primary key (tenant, task, kind),
  foreign key (tenant, task) references collab.task on delete cascade
);
create index task_reminder_due on collab.task_reminder (at) where told_at is null;

create table collab.task_day (
  tenant int not null,
  person uuid not null,
  task uuid not null,
  day date not null,
  primary key (tenant, person, task),
  foreign key (tenant, task) references collab.task on delete cascade
);

call platform.protect(array['collab.task_board', 'collab.task_bucket', 'collab.task_series', 'collab.task', 'collab.task_assignee', 'collab.task_check',
  'collab.task_comment', 'collab.task_link', 'collab.task_photo', 'collab.task_history', 'collab.task_reminder', 'collab.task_day']::regclass[]);
call platform.open_to_worker(array['collab.task_series', 'collab.task_reminder']::regclass[]);
