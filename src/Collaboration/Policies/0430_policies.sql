-- Policies: what the hospital lets whom do (PP-01..PP-07, MSG-10). A policy covers one area; a package is one policy per
-- area under one name. Settings hold what differs from the product's defaults, which live in the program with their words.
create table collab.policy (
  tenant int not null,
  id uuid not null,
  area text not null check (area in ('messaging', 'meetings', 'calling', 'apps', 'hours', 'device')),
  name text not null check (char_length(name) between 1 and 100),
  package text,
  settings jsonb not null default '{}' check (jsonb_typeof(settings) = 'object'),
  version int not null default 1,
  created_at timestamptz not null,
  changed_at timestamptz not null,
  changed_by uuid,
  deleted_at timestamptz,
  primary key (tenant, id),
  unique (tenant, id, area)
);
create unique index policy_name on collab.policy (tenant, area, lower(name)) where package is null and deleted_at is null;
create unique index policy_package on collab.policy (tenant, area, package) where package is not null;

-- To one, many, a group or everyone. The newest of the most direct kind wins in its area (PP-05).
create table collab.policy_assignment (
  tenant int not null,
  policy uuid not null,
  area text not null,
  kind text not null check (kind in ('person', 'team', 'role', 'code', 'everyone')),
  target text not null,
  person uuid,
  team uuid,
  assigned_at timestamptz not null,
  assigned_by uuid,
  -- Two of one moment: the later written is the more recent.
  seq bigint generated always as identity,
  primary key (tenant, policy, kind, target),
  foreign key (tenant, policy, area) references collab.policy (tenant, id, area),
  foreign key (tenant, person) references collab.person,
  foreign key (tenant, team) references collab.team,
  constraint assignment_target check ((kind = 'person') = (person is not null) and (kind = 'team') = (team is not null) and (kind = 'everyone') = (target = ''))
);
create index policy_assignment_target on collab.policy_assignment (tenant, kind, target);

-- What a PractitionerRole says somebody works as. Kept apart from collab.person_role, which opens pages: a policy may follow
-- what a FHIR client says of a person, a right to administer may not.
create table collab.person_code (
  tenant int not null,
  source text not null,
  person uuid not null,
  code text not null check (char_length(code) between 1 and 200),
  primary key (tenant, source, person, code),
  foreign key (tenant, person) references collab.person
);
create index person_code_person on collab.person_code (tenant, person);

call platform.protect(array['collab.policy', 'collab.policy_assignment', 'collab.person_code']::regclass[]);
