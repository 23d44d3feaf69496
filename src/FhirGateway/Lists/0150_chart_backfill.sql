-- How far what was stored before lists knew of it has been read again: once for each hospital and kind, then never more.
create table fhir.chart_backfill (
  tenant int not null,
  type smallint not null,
  after text collate "C" not null default '',
  done_at timestamptz,
  primary key (tenant, type)
);

call platform.protect(array['fhir.chart_backfill']::regclass[]);
