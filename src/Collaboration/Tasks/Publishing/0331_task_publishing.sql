-- Task lists published down a hierarchy of teams (TK-09, TK-10). One hierarchy per hospital, replaced as a whole.
create table collab.task_hierarchy (
  tenant int primary key,
  buckets text[] not null default '{}',
  imported_at timestamptz not null,
  imported_by uuid
);

create table collab.task_node (
  tenant int not null,
  id uuid not null,
  name text not null check (char_length(name) between 1 and 100),
  team uuid,
  -- "Attribute:Value", as the columns of the import say it.
  attributes text[] not null default '{}',
  primary key (tenant, id),
  foreign key (tenant, team) references collab.team
);
create unique index task_node_name on collab.task_node (tenant, lower(name));
create unique index task_node_team on collab.task_node (tenant, team) where team is not null;

create table collab.task_node_parent (
  tenant int not null,
  node uuid not null,
  parent uuid not null,
  primary key (tenant, node, parent),
  foreign key (tenant, node) references collab.task_node on delete cascade,
  foreign key (tenant, parent) references collab.task_node on delete cascade,
  check (node <> parent)
);

create table collab.task_list (
  tenant int not null,
  id uuid not null,
  team uuid not null,
  name text not null check (char_length(name) between 1 and 100),
  state text not null default 'draft' check (state in ('draft', 'published', 'unpublished')),
  created_at timestamptz not null,
  created_by uuid,
  published_at timestamptz,
  published_by uuid,
  version int not null default 1,
  primary key (tenant, id),
  foreign key (tenant, team) references collab.team
);

create table collab.task_list_item (
  tenant int not null,
  id uuid not null,
  list uuid not null,
  place int not null,
  title text not null check (char_length(title) between 1 and 255),
  notes text check (char_length(notes) <= 10000),
  bucket text check (char_length(bucket) between 1 and 100),
  priority smallint not null default 5 check (priority in (1, 3, 5, 9)),
  due_day date,
  due_minute smallint check (due_minute between 0 and 1439),
  -- A copy for each member of a team, who each complete their own.
  everyone boolean not null default false,
  needs_checklist boolean not null default false,
  needs_photo boolean not null default false,
  form jsonb,
  checks text[] not null default '{}',
  primary key (tenant, id),
  foreign key (tenant, list) references collab.task_list on delete cascade,
  check (due_minute is null or due_day is not null)
);
create index task_list_item_list on collab.task_list_item (tenant, list, place);

create table collab.task_list_target (
  tenant int not null,
  list uuid not null,
  team uuid not null,
  primary key (tenant, list, team),
  foreign key (tenant, list) references collab.task_list on delete cascade,
  foreign key (tenant, team) references collab.team
);

alter table collab.task add foreign key (tenant, list_item) references collab.task_list_item;

call platform.protect(array['collab.task_hierarchy', 'collab.task_node', 'collab.task_node_parent', 'collab.task_list', 'collab.task_list_item', 'collab.task_list_target']::regclass[]);
