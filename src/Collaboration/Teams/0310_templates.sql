-- What a team consists of beside its members (TC-06, TC-07), and the templates teams are made from (TPL-01 to TPL-08).
alter table collab.team
  add column classification text check (char_length(classification) <= 100),
  add column settings jsonb not null default '{}',
  add column template uuid,
  add column template_version int,
  add column care_team text;

create table collab.channel (
  tenant int not null,
  id uuid not null,
  team uuid not null,
  name text not null check (char_length(name) between 1 and 50),
  description text check (char_length(description) <= 1024),
  favourite boolean not null default false,
  position int not null,
  created_at timestamptz not null,
  deleted_at timestamptz,
  primary key (tenant, id),
  foreign key (tenant, team) references collab.team
);
create unique index channel_name on collab.channel (tenant, team, lower(name)) where deleted_at is null;

create table collab.channel_tab (
  tenant int not null,
  id uuid not null,
  channel uuid not null,
  name text not null check (char_length(name) between 1 and 128),
  app text not null,
  target text check (target ~ '^https?://' and char_length(target) <= 2000),
  position int not null,
  primary key (tenant, id),
  foreign key (tenant, channel) references collab.channel
);
create index channel_tab_channel on collab.channel_tab (tenant, channel, position);

create table collab.team_app (
  tenant int not null,
  team uuid not null,
  app text not null,
  position int not null,
  primary key (tenant, team, app),
  foreign key (tenant, team) references collab.team
);

-- A template and its versions; key names one that comes with the product, which may be duplicated and not edited.
create table collab.team_template (
  tenant int not null,
  id uuid not null,
  key text,
  version int not null default 1,
  -- Whose roles see it (template policy); null is everybody.
  audience text[],
  withdrawn_at timestamptz,
  created_at timestamptz not null,
  created_by uuid,
  primary key (tenant, id),
  unique (tenant, key)
);

create table collab.team_template_version (
  tenant int not null,
  template uuid not null,
  version int not null,
  content jsonb not null,
  at timestamptz not null,
  by uuid,
  primary key (tenant, template, version),
  foreign key (tenant, template) references collab.team_template
);

-- A version says for ever what was applied.
create function collab.keep_template_version() returns trigger
  language plpgsql as $$
begin
  raise exception using errcode = 'HT409', message = 'a version of a template is never changed';
end $$;
create trigger kept before update or delete on collab.team_template_version for each row execute function collab.keep_template_version();

-- Who owned it last may not leave it without an owner.
create function collab.team_keeps_owner() returns trigger
  language plpgsql as $$
begin
  if (tg_op = 'DELETE' or new.role <> 'Owner') and old.role = 'Owner' and not exists (
    select from collab.team_member where tenant = old.tenant and team = old.team and role = 'Owner') then
    raise exception using errcode = 'HT001', constraint = 'team_owner', message = 'a team has an owner';
  end if;
  return null;
end $$;
create constraint trigger team_owner after update or delete on collab.team_member deferrable initially deferred
  for each row execute function collab.team_keeps_owner();

call platform.protect(array['collab.channel', 'collab.channel_tab', 'collab.team_app', 'collab.team_template', 'collab.team_template_version']::regclass[]);
