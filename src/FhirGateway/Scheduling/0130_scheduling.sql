-- Which Appointment has which Slot. Two that overlap in one schedule cannot both be taken, whatever writes them: the
-- constraints stand behind the locks that make the answer polite.
create extension if not exists btree_gist;

create table fhir.slot_claim (
  tenant int not null,
  slot text collate "C" not null,
  appointment text collate "C" not null,
  schedule text collate "C",
  during tstzrange,
  tentative boolean not null,
  until timestamptz, -- the end of a hold
  constraint slot_claim_one primary key (tenant, slot),
  constraint slot_claim_overlap exclude using gist (tenant with =, schedule with =, during with &&),
  check (until is null or tentative)
);
create index slot_claim_appointment on fhir.slot_claim (tenant, appointment);
create index slot_claim_until on fhir.slot_claim (until) where until is not null;

call platform.protect(array['fhir.slot_claim']::regclass[]);
call platform.open_to_worker(array['fhir.slot_claim']::regclass[]);
