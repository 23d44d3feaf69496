-- A team: the ward, the service, the project that lists, tasks, approvals and shifts belong to (TC-01, TC-05).
create table collab.team (
  tenant int not null,
  id uuid not null,
  name text not null check (char_length(name) between 1 and 256),
  description text check (char_length(description) <= 1024),
  visibility text not null default 'private' check (visibility in ('public', 'private')),
  archived_at timestamptz,
  created_at timestamptz not null,
  created_by uuid,
  version int not null default 1,
  primary key (tenant, id)
);
create unique index team_name on collab.team (tenant, lower(name)) where archived_at is null;

create table collab.team_member (
  tenant int not null,
  team uuid not null,
  person uuid not null,
  role text not null check (role in ('Owner', 'Member', 'Guest')),
  since timestamptz not null,
  primary key (tenant, team, person),
  foreign key (tenant, team) references collab.team,
  foreign key (tenant, person) references collab.person
);
create index team_member_person on collab.team_member (tenant, person);

call platform.protect(array['collab.team', 'collab.team_member']::regclass[]);
