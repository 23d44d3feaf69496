-- Resources as sent, with id and meta written in, served without parsing. The current version here, older ones in history.
create sequence fhir.seq;
create sequence fhir.rid increment by 1000;

create table fhir.resource (
  tenant int not null,
  type smallint not null,
  id text collate "C" not null,
  rid bigint not null,
  version int not null,
  seq bigint not null default nextval('fhir.seq'),
  updated timestamptz not null,
  deleted boolean not null default false,
  method text not null check (method in ('POST', 'PUT', 'PATCH', 'DELETE')),
  body bytea,
  primary key (tenant, type, id),
  constraint resource_rid unique (tenant, rid),
  check (deleted = (body is null))
) with (fillfactor = 85);
create index resource_page on fhir.resource (tenant, type, rid) where not deleted;
create index resource_updated on fhir.resource (tenant, type, updated, rid) where not deleted;
create index resource_seq on fhir.resource (tenant, type, seq);

create table fhir.history (
  tenant int not null,
  type smallint not null,
  id text collate "C" not null,
  version int not null,
  seq bigint not null,
  updated timestamptz not null,
  deleted boolean not null,
  method text not null,
  body bytea,
  primary key (tenant, type, id, version)
);
create index history_seq on fhir.history (tenant, type, seq);

-- One table per kind of search value, for current versions only. param = stable hash of "Type.code". Two indexes each:
-- by value, which drives a search, and by resource, which checks the other criteria and takes rows away.
create table fhir.token (
  tenant int not null, param int not null, rid bigint not null,
  system text collate "C", code text collate "C" not null, text text collate "C"
);
create index token_value on fhir.token (tenant, param, code, system, rid);
create index token_text on fhir.token (tenant, param, text, rid) where text is not null;
create index token_rid on fhir.token (tenant, rid, param);

create table fhir.string (
  tenant int not null, param int not null, rid bigint not null,
  norm text collate "C" not null, exact text collate "C" not null
);
create index string_value on fhir.string (tenant, param, norm, rid);
create index string_rid on fhir.string (tenant, rid, param);

-- What lasts longer than a day is found by its end as well: short times then lie within a day of what is asked.
create table fhir.date (
  tenant int not null, param int not null, rid bigint not null,
  lo timestamptz not null, hi timestamptz not null
);
create index date_value on fhir.date (tenant, param, lo, hi, rid);
create index date_long on fhir.date (tenant, param, hi, lo, rid) where hi - lo > interval '1 day';
create index date_rid on fhir.date (tenant, rid, param);

create table fhir.reference (
  tenant int not null, param int not null, rid bigint not null,
  target_type smallint, target_id text collate "C" not null
);
create index reference_value on fhir.reference (tenant, param, target_id, target_type, rid);
create index reference_rid on fhir.reference (tenant, rid, param);

-- [lo, hi) is the span the digits leave open, low and high the value itself (of a Range its ends).
create table fhir.quantity (
  tenant int not null, param int not null, rid bigint not null,
  lo numeric not null, hi numeric not null, low numeric not null, high numeric not null,
  system text collate "C", code text collate "C", unit text collate "C"
);
create index quantity_value on fhir.quantity (tenant, param, low, high, rid);
create index quantity_rid on fhir.quantity (tenant, rid, param);

create table fhir.uri (
  tenant int not null, param int not null, rid bigint not null,
  value text collate "C" not null
);
create index uri_value on fhir.uri (tenant, param, value, rid);
create index uri_rid on fhir.uri (tenant, rid, param);

-- Locks of a write: each name in one order, behind a gate that a load with very many names has to itself.
create procedure fhir.take_locks(tenant int, alone boolean, names text[])
  language plpgsql as $$
declare name text;
begin
  if alone then
    perform pg_advisory_xact_lock(8, tenant);
  else
    perform pg_advisory_xact_lock_shared(8, tenant);
  end if;
  foreach name in array names loop
    perform pg_advisory_xact_lock(hashtextextended(name, tenant));
  end loop;
end $$;

-- One element of a resource as a composite parameter sees it: a the code, b the value, c the end of a span.
create table fhir.composite (
  tenant int not null, param int not null, rid bigint not null,
  a_system text collate "C", a_code text collate "C" not null,
  b_system text collate "C", b_code text collate "C", b_lo numeric, b_hi numeric, b_low numeric, b_high numeric, b_unit text collate "C",
  b_from timestamptz, b_until timestamptz, b_norm text collate "C", b_exact text collate "C", b_target_type smallint, b_target_id text collate "C",
  c_lo numeric, c_hi numeric, c_low numeric, c_high numeric
);
create index composite_value on fhir.composite (tenant, param, a_code, rid);
create index composite_rid on fhir.composite (tenant, rid, param);

call platform.protect(array['fhir.resource', 'fhir.history', 'fhir.token', 'fhir.string', 'fhir.date', 'fhir.reference', 'fhir.quantity', 'fhir.uri', 'fhir.composite']::regclass[]);
revoke update, delete on fhir.history from healthteams_app;
