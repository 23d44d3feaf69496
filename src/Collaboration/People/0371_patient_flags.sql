-- What the chart warns of (Flag) and what a patient does not stand (AllergyIntolerance), as the gateway reads it: for lists and handovers.
create table collab.patient_flag (
  tenant int not null,
  resource text not null, -- "Flag/12"
  patient uuid not null,
  kind text not null check (kind in ('flag', 'allergy')),
  text text not null check (char_length(text) between 1 and 200),
  serious boolean not null default false,
  primary key (tenant, resource),
  foreign key (tenant, patient) references collab.person
);
create index patient_flag_patient on collab.patient_flag (tenant, patient);

call platform.protect(array['collab.patient_flag']::regclass[]);
