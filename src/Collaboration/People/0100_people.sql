-- People as the product needs them: a name on a list, a banner, a sender. The FHIR resource stays the source.
create table collab.person (
  tenant int not null,
  id uuid not null,
  kind text not null check (kind in ('Staff', 'Patient', 'Related')),
  family text,
  given text,
  title text,
  gender text,
  birth_date date,
  updated_at timestamptz not null,
  primary key (tenant, id)
);

-- Who a reference means: (source, reference), source being an EHR registration or zero for our own FHIR API.
create table collab.person_key (
  tenant int not null,
  source uuid not null,
  reference text not null,
  person uuid not null,
  primary key (tenant, source, reference),
  foreign key (tenant, person) references collab.person
);

create table collab.person_identifier (
  tenant int not null,
  kind text not null,
  system text not null,
  value text not null,
  type text,
  person uuid not null,
  primary key (tenant, kind, system, value),
  foreign key (tenant, person) references collab.person
);
create index person_identifier_person on collab.person_identifier (tenant, person);

create table collab.person_role (
  tenant int not null,
  person uuid not null,
  role text not null,
  primary key (tenant, person, role),
  foreign key (tenant, person) references collab.person
);
call platform.protect(array['collab.person', 'collab.person_key', 'collab.person_identifier', 'collab.person_role']::regclass[]);
