-- A team's files (FI-01, FI-03): each channel is a folder. Content is kept by its hash in a folder of its own; a version never changes.
create table collab.file (
  tenant int not null,
  id uuid not null,
  team uuid not null,
  channel uuid,
  name text not null check (char_length(name) between 1 and 250 and name !~ '[/\\[:cntrl:]]'),
  patient uuid,
  version int not null default 1,
  -- Rises with every change of the row: what a form or an If-Match was made from.
  rev int not null default 1,
  locked_by uuid,
  locked_at timestamptz,
  created_at timestamptz not null,
  created_by uuid,
  modified_at timestamptz not null,
  modified_by uuid,
  deleted_at timestamptz,
  deleted_by uuid,
  fhir_id text,
  primary key (tenant, id),
  foreign key (tenant, team) references collab.team,
  foreign key (tenant, channel) references collab.channel,
  foreign key (tenant, patient) references collab.person,
  foreign key (tenant, locked_by) references collab.person,
  constraint file_lock check ((locked_by is null) = (locked_at is null))
);
create unique index file_name on collab.file (tenant, team, coalesce(channel, '00000000-0000-0000-0000-000000000000'), lower(name)) where deleted_at is null;
create unique index file_fhir on collab.file (tenant, fhir_id) where fhir_id is not null;
create index file_deleted on collab.file (deleted_at) where deleted_at is not null;
create index file_patient on collab.file (tenant, patient) where patient is not null;

create table collab.file_version (
  tenant int not null,
  file uuid not null,
  version int not null,
  hash text not null check (hash ~ '^[0-9a-f]{64}$'),
  type text not null,
  bytes bigint not null,
  -- unscanned: no scanner was set; waiting: the scanner has not seen it; nobody opens what waits or is infected.
  scan text not null check (scan in ('unscanned', 'waiting', 'clean', 'infected')),
  found text,
  next_at timestamptz,
  at timestamptz not null,
  by uuid,
  primary key (tenant, file, version),
  foreign key (tenant, file) references collab.file
);
create index file_version_hash on collab.file_version (tenant, hash);
create index file_version_scan on collab.file_version (next_at) where next_at is not null;

-- An upload that is under way; how much has come is the length of its part on disk.
create table collab.file_upload (
  tenant int not null,
  id uuid not null,
  team uuid not null,
  channel uuid,
  file uuid,
  name text not null,
  patient uuid,
  bytes bigint not null check (bytes > 0),
  by uuid not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  became uuid,
  primary key (tenant, id),
  foreign key (tenant, team) references collab.team
);
create index file_upload_expires on collab.file_upload (expires_at);

create table collab.file_setting (
  tenant int not null,
  team uuid not null,
  retention_days int not null check (retention_days between 1 and 3650),
  primary key (tenant, team),
  foreign key (tenant, team) references collab.team
);

call platform.protect(array['collab.file', 'collab.file_version', 'collab.file_upload', 'collab.file_setting']::regclass[]);
call platform.open_to_worker(array['collab.file', 'collab.file_version', 'collab.file_upload', 'collab.file_setting']::regclass[]);
