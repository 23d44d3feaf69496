-- Lists of a team (LS-01..LS-10): columns, rows that are patients or texts, cells with a version each.
create table collab.list (
  tenant int not null,
  id uuid not null,
  fhir_id text not null,
  team uuid not null,
  name text not null check (char_length(name) between 1 and 200),
  description text check (char_length(description) <= 1024),
  kind text not null default 'free' check (kind in ('free', 'census')),
  -- A census: which stays are its rows. The place is a FHIR Location; those within it count too.
  census_place text,
  census_class text,
  census_status text check (census_status in ('in-progress', 'onleave', 'arrived')),
  census_attending uuid,
  members_change_columns boolean not null default true,
  -- Counts every change of the list: a page that knows the number asks for what came after it.
  seq bigint not null default 1,
  columns_seq bigint not null default 1,
  created_at timestamptz not null,
  created_by uuid,
  removed_at timestamptz,
  version int not null default 1,
  primary key (tenant, id),
  unique (tenant, fhir_id),
  foreign key (tenant, team) references collab.team,
  constraint list_census check ((kind = 'census') or num_nonnulls(census_place, census_class, census_status, census_attending) = 0)
);
create index list_team on collab.list (tenant, team) where removed_at is null;
create index list_census on collab.list (tenant) where kind = 'census' and removed_at is null;

create table collab.list_column (
  tenant int not null,
  list uuid not null,
  id uuid not null,
  position int not null,
  name text not null check (char_length(name) between 1 and 100),
  type text not null check (type in ('text', 'number', 'currency', 'boolean', 'choice', 'date', 'dateTime', 'person', 'location', 'lookup', 'calculated', 'ehr', 'rounded')),
  required boolean not null default false,
  read_only boolean not null default false,
  hidden boolean not null default false,
  is_unique boolean not null default false,
  default_value jsonb,
  settings jsonb not null default '{}',
  removed_at timestamptz,
  primary key (tenant, id),
  unique (tenant, list, id),
  foreign key (tenant, list) references collab.list
);
create unique index list_column_name on collab.list_column (tenant, list, lower(name)) where removed_at is null;

-- cells: { column id: { "v": value, "n": version, "at": when, "by": whom } }
create table collab.list_row (
  tenant int not null,
  list uuid not null,
  id uuid not null,
  patient uuid,
  title text check (char_length(title) between 1 and 200),
  stay uuid,
  state text not null default 'active' check (state in ('active', 'past', 'removed')),
  -- Kept by a person although the census would let it go.
  pinned boolean not null default false,
  cells jsonb not null default '{}' check (jsonb_typeof(cells) = 'object'),
  seq bigint not null,
  added_at timestamptz not null,
  added_by uuid,
  left_at timestamptz,
  removed_at timestamptz,
  primary key (tenant, id),
  unique (tenant, list, id),
  foreign key (tenant, list) references collab.list,
  foreign key (tenant, patient) references collab.person,
  constraint list_row_somebody check (patient is not null or title is not null),
  constraint list_row_left check ((state = 'active') = (left_at is null and removed_at is null))
);
create index list_row_list on collab.list_row (tenant, list, seq);
create unique index list_row_stay on collab.list_row (tenant, list, stay) where stay is not null;
create unique index list_row_patient on collab.list_row (tenant, list, patient) where state = 'active' and patient is not null;
create index list_row_of_patient on collab.list_row (tenant, patient) where patient is not null;

-- Every value a cell ever had. The key lets one writer only make the next version.
create table collab.list_cell_change (
  tenant int not null,
  list uuid not null,
  row uuid not null,
  col uuid not null,
  version int not null,
  at timestamptz not null,
  by uuid,
  before jsonb,
  after jsonb,
  primary key (tenant, row, col, version),
  foreign key (tenant, list, row) references collab.list_row (tenant, list, id),
  foreign key (tenant, list, col) references collab.list_column (tenant, list, id)
);

-- Values of columns that take each value once, among the rows that are not removed.
create table collab.list_unique (
  tenant int not null,
  col uuid not null,
  value text not null,
  row uuid not null,
  constraint list_unique_value primary key (tenant, col, value),
  foreign key (tenant, row) references collab.list_row (tenant, id)
);
create index list_unique_row on collab.list_unique (tenant, row);

-- LS-05: the conversation about a row; what is said stays said.
create table collab.list_comment (
  tenant int not null,
  list uuid not null,
  row uuid not null,
  id uuid not null,
  at timestamptz not null,
  by uuid,
  text text not null check (char_length(text) between 1 and 4000),
  primary key (tenant, id),
  foreign key (tenant, list, row) references collab.list_row (tenant, list, id)
);
create index list_comment_row on collab.list_comment (tenant, row, at);

-- LS-05, LS-08: ways to look at a list; without an owner it is the team's.
create table collab.list_view (
  tenant int not null,
  list uuid not null,
  id uuid not null,
  owner uuid,
  name text not null check (char_length(name) between 1 and 100),
  query text not null check (char_length(query) <= 4000),
  version int not null default 1,
  primary key (tenant, id),
  foreign key (tenant, list) references collab.list
);
create unique index list_view_name on collab.list_view (tenant, list, owner, lower(name)) nulls not distinct;

-- A table that was brought and is being looked at (LS-10); gone when it became a list, or after a day.
create table collab.list_import (
  tenant int not null,
  id uuid not null,
  team uuid not null,
  by uuid not null,
  at timestamptz not null,
  name text not null,
  sheet jsonb not null,
  primary key (tenant, id),
  foreign key (tenant, team) references collab.team
);

-- Who has which cell open, for a few seconds; worth nothing after a crash.
create unlogged table collab.list_editing (
  tenant int not null,
  list uuid not null,
  person uuid not null,
  row uuid not null,
  col uuid not null,
  at timestamptz not null,
  primary key (tenant, list, person)
);

call platform.protect(array['collab.list', 'collab.list_column', 'collab.list_row', 'collab.list_cell_change', 'collab.list_unique', 'collab.list_comment', 'collab.list_view', 'collab.list_import', 'collab.list_editing']::regclass[]);
