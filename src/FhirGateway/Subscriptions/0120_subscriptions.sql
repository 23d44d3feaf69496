-- A Subscription as the product acts on it; the resource is what clients see of it.
create table fhir.subscription (
  tenant int not null,
  id text collate "C" not null,
  type text collate "C",                      -- null: every type
  criteria text not null,                     -- what follows the "?"
  topic text,                                 -- null: R4 without a topic
  channel text not null check (channel in ('rest-hook', 'websocket')),
  endpoint text,
  headers text[] not null,
  payload text,                               -- media type; null: an empty body
  content text not null check (content in ('empty', 'id-only', 'full-resource')),
  by_post boolean not null,
  secret text,
  timeout_seconds int not null,
  heartbeat_seconds int,
  max_count int not null,
  ends_at timestamptz,
  rights jsonb not null,                      -- of whoever wrote the Subscription last; nothing else is delivered
  state text not null check (state in ('requested', 'active', 'error', 'off')),
  since bigint not null,                      -- what was fed before is not for it
  last bigint not null default 0,             -- number of the newest notice
  sent bigint not null default 0,             -- the endpoint has all up to this one
  due timestamptz not null,                   -- next attempt, or end of the lease of whoever is at it
  claim int not null default 0,               -- who lost the lease changes nothing any more
  attempts int not null default 0,
  failing_since timestamptz,
  error text,
  beat_at timestamptz,
  primary key (tenant, id),
  check (sent <= last),
  check ((channel = 'rest-hook') = (endpoint is not null))
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);
create index subscription_collecting on fhir.subscription (tenant, type) where state <> 'off';
create index subscription_due on fhir.subscription (due) where channel = 'rest-hook' and state in ('requested', 'active');
create index subscription_ends on fhir.subscription (ends_at) where ends_at is not null and state <> 'off';
call platform.protect(array['fhir.subscription']::regclass[]);
call platform.open_to_worker(array['fhir.subscription']::regclass[]);

-- Changes that some subscription may want, not yet compared with any. Deleted when compared.
create table fhir.subscription_feed (
  seq bigint generated always as identity primary key,
  tenant int not null,
  event uuid not null,
  at timestamptz not null,
  kind text not null,
  type text collate "C" not null,
  id text collate "C" not null,
  version int not null
) with (autovacuum_vacuum_scale_factor = 0.02);
create index subscription_feed_tenant on fhir.subscription_feed (tenant, seq);
call platform.protect(array['fhir.subscription_feed']::regclass[]);
call platform.open_to_worker(array['fhir.subscription_feed']::regclass[]);

-- Fed by the database itself, with the event and in its transaction: no host needs to know which subscriptions the others
-- were told of, and a write that nobody subscribed to costs one look into an index, no row and no round trip.
-- A resource's row is locked before its event is written, so that of one resource seq is the order of the versions.
create function fhir.feed_subscriptions() returns trigger
  language plpgsql as $$
begin
  -- Row-level security leaves the writer's own tenant here: for most this is all that is ever done.
  if not exists (select from fhir.subscription where state <> 'off') then
    return null;
  end if;
  insert into fhir.subscription_feed (tenant, event, at, kind, type, id, version)
  select a.tenant, a.id, a.at, a.kind, split_part(a.subject, '/', 1), split_part(a.subject, '/', 2), (a.data ->> 'version')::int
  from added a
  where a.kind in ('fhir.create', 'fhir.update', 'fhir.delete')
    and exists (
      select from fhir.subscription s
      where s.tenant = a.tenant and s.state <> 'off' and (s.type is null or s.type = split_part(a.subject, '/', 1)))
  order by (a.data ->> 'version')::int;
  return null;
end $$;
create trigger feed_subscriptions after insert on platform.event
  referencing new table as added for each statement execute function fhir.feed_subscriptions();

-- What matched, per subscription numbered from 1 without gaps. Kept for a while after delivery, for $events.
create table fhir.subscription_notice (
  tenant int not null,
  subscription text collate "C" not null,
  number bigint not null,
  event uuid not null,
  at timestamptz not null,
  kind text not null,
  type smallint not null,
  id text collate "C" not null,
  version int not null,
  primary key (tenant, subscription, number),
  unique (tenant, subscription, event),
  foreign key (tenant, subscription) references fhir.subscription on delete cascade
) with (autovacuum_vacuum_scale_factor = 0.05);
create index subscription_notice_at on fhir.subscription_notice (at);
call platform.protect(array['fhir.subscription_notice']::regclass[]);
call platform.open_to_worker(array['fhir.subscription_notice']::regclass[]);

-- Tokens that open a websocket for some subscriptions; hashed, short-lived, used once.
create table fhir.subscription_binding (
  tenant int not null,
  token bytea primary key,
  subscriptions text[] not null,
  until timestamptz not null
);
call platform.protect(array['fhir.subscription_binding']::regclass[]);
call platform.open_to_worker(array['fhir.subscription_binding']::regclass[]);
