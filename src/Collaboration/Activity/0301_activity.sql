-- What a person should know of: a task given to them, an approval that waits, an answer to their request.
create table collab.notice (
  tenant int not null,
  id uuid not null,
  person uuid not null,
  kind text not null,
  link text not null check (link like '/%'),
  data jsonb not null default '{}',
  at timestamptz not null,
  seen_at timestamptz,
  -- Telling twice tells once: due work and consumers bring a key of what they tell.
  key text,
  primary key (tenant, id),
  foreign key (tenant, person) references collab.person
);
create unique index notice_key on collab.notice (tenant, person, key) where key is not null;
create index notice_person on collab.notice (tenant, person, at desc);
create index notice_unseen on collab.notice (tenant, person) where seen_at is null;

call platform.protect(array['collab.notice']::regclass[]);
call platform.open_to_worker(array['collab.notice']::regclass[]);
