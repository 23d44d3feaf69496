-- Who lies where, as the EHR says it by Encounter and Location: what census lists and their EHR columns read.
create table collab.place (
  tenant int not null,
  location text not null,
  name text not null,
  part_of text,
  kind text,
  primary key (tenant, location)
);
create index place_part_of on collab.place (tenant, part_of);

create table collab.stay (
  tenant int not null,
  id uuid not null,
  encounter text not null,
  patient uuid not null,
  status text not null,
  class text,
  place text,
  bed text,
  reason text,
  attending uuid,
  started_at timestamptz,
  planned_end date,
  ended_at timestamptz,
  active boolean not null,
  primary key (tenant, id),
  unique (tenant, encounter),
  foreign key (tenant, patient) references collab.person
);
create index stay_patient on collab.stay (tenant, patient) where active;
create index stay_place on collab.stay (tenant, place) where active;

-- The places within a place, itself first; a circle of places ends.
create function collab.places_within(of_tenant int, root text) returns setof text
  language sql stable as $$
  with recursive within (location) as (
    select root
    union
    select p.location from collab.place p join within w on p.part_of = w.location where p.tenant = of_tenant)
  select location from within
$$;

call platform.protect(array['collab.place', 'collab.stay']::regclass[]);
