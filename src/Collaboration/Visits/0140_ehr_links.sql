-- A join link that stands in an EHR's appointment is read by more people than the patient: it asks the first device, too,
-- for the birth date.
alter table collab.visit_link add asks_birth boolean not null default false;
