-- Ways to somebody who does not look at a page: their devices (RFC 8030), an e-mail address, a phone number.
create table collab.person_channel (
  tenant int not null,
  id uuid not null,
  person uuid not null,
  kind text not null check (kind in ('push', 'email', 'sms')),
  address text not null check (char_length(address) between 3 and 2000),
  label text not null default '' check (char_length(label) <= 120),
  p256dh bytea check (octet_length(p256dh) = 65),
  auth bytea check (octet_length(auth) = 16),
  made_at timestamptz not null,
  primary key (tenant, id),
  unique (tenant, person, kind, address),
  foreign key (tenant, person) references collab.person,
  constraint channel_keys check ((kind = 'push') = (p256dh is not null) and (p256dh is null) = (auth is null))
);
create index person_channel_person on collab.person_channel (tenant, person);
-- One device is one person's: who signs in at a shared one takes it over.
create unique index person_channel_device on collab.person_channel (tenant, address) where kind = 'push';

-- Do not disturb: each day between two minutes of the hospital's day, or until a moment. Urgent messages ring all the same.
create table collab.person_quiet (
  tenant int not null,
  person uuid not null,
  from_minute int check (from_minute between 0 and 1439),
  to_minute int check (to_minute between 0 and 1439),
  until timestamptz,
  primary key (tenant, person),
  foreign key (tenant, person) references collab.person,
  check ((from_minute is null) = (to_minute is null))
);

-- The way out of one step to one address, written with the step. Sent at least once; what is sent carries the key delivery:step.
create table collab.message_push (
  tenant int not null,
  delivery uuid not null,
  step int not null,
  channel uuid not null,
  kind text not null,
  due_at timestamptz,
  attempts int not null default 0,
  state text not null default 'waiting' check (state in ('waiting', 'sent', 'failed', 'quiet', 'gone', 'needless')),
  at timestamptz,
  error text check (char_length(error) <= 500),
  primary key (tenant, delivery, step, channel),
  check ((state = 'waiting') = (due_at is not null))
) with (fillfactor = 80);
create index message_push_due on collab.message_push (kind, due_at) where due_at is not null;

call platform.protect(array['collab.person_channel', 'collab.person_quiet', 'collab.message_push']::regclass[]);
call platform.open_to_worker(array['collab.message_push']::regclass[]);
grant select on collab.person_channel to healthteams_worker;
create policy worker on collab.person_channel for select to healthteams_worker using (true);
