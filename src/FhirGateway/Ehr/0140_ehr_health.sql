-- How writing to each EHR went last, for those who administer it.
create table fhir.ehr_health (
  tenant int not null,
  ehr uuid not null,
  ok_at timestamptz,
  failed_at timestamptz,
  error text,
  primary key (tenant, ehr)
);
call platform.protect(array['fhir.ehr_health']::regclass[]);
