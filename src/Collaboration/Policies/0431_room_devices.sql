-- A device in a patient's room (PP-01, patient room): registered by an administrator, signed in by a code that works once, bound by a secret.
create table collab.room_device (
  tenant int not null,
  id uuid not null,
  name text not null check (char_length(name) between 1 and 100),
  team uuid not null,
  patient uuid,
  code_hash bytea,
  code_until timestamptz,
  secret_hash bytea unique,
  registered_at timestamptz not null,
  registered_by uuid,
  signed_in_at timestamptz,
  last_seen_at timestamptz,
  last_source text,
  called_at timestamptz,
  revoked_at timestamptz,
  version int not null default 1,
  primary key (tenant, id),
  foreign key (tenant, team) references collab.team,
  foreign key (tenant, patient) references collab.person,
  constraint room_device_code check ((code_hash is null) = (code_until is null))
);
create unique index room_device_code on collab.room_device (code_hash) where code_hash is not null;
create unique index room_device_name on collab.room_device (tenant, lower(name)) where revoked_at is null;
call platform.protect(array['collab.room_device']::regclass[]);

-- Whose hospital a code or a device's secret belongs to: the only thing to be learnt before the tenant is known.
create function collab.room_device_tenant(hash bytea) returns int
  language sql stable security definer set search_path = collab, pg_temp
  return (select tenant from collab.room_device where (code_hash = hash or secret_hash = hash) and revoked_at is null);
revoke all on function collab.room_device_tenant(bytea) from public;
grant execute on function collab.room_device_tenant(bytea) to healthteams_app;

-- A visit that is held with a room's device: who has no clinical role waits in its lobby.
alter table collab.visit_link add room_device uuid;
alter table collab.visit_link add foreign key (tenant, room_device) references collab.room_device;
