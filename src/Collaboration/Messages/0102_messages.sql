create table collab.message (
  tenant int not null,
  id uuid not null,
  communication text,
  priority text not null check (priority in ('normal', 'important', 'urgent')),
  sender text not null,
  sender_person uuid,
  patient uuid,
  text text not null,
  sent_at timestamptz not null,
  primary key (tenant, id),
  unique (tenant, communication),
  foreign key (tenant, patient) references collab.person
);

-- One row per recipient: when it notifies next, and what that person has done. Reading is one UPDATE.
create table collab.message_delivery (
  tenant int not null,
  id uuid not null,
  message uuid not null,
  recipient uuid not null,
  priority text not null,
  step int not null default 0,
  next_at timestamptz,
  sent_at timestamptz not null,
  read_at timestamptz,
  acknowledged_at timestamptz,
  closed text check (closed in ('read', 'unread', 'withdrawn')),
  primary key (tenant, id),
  unique (tenant, message, recipient),
  foreign key (tenant, message) references collab.message,
  foreign key (tenant, recipient) references collab.person,
  constraint closed_rests check (closed is null or next_at is null)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 1);
create index message_delivery_due on collab.message_delivery (next_at) where next_at is not null;
create index message_delivery_recipient on collab.message_delivery (tenant, recipient, sent_at desc);

-- Exactly one row per (delivery, step): the step happened, however often a worker died.
create table collab.message_notification (
  tenant int not null,
  delivery uuid not null,
  step int not null,
  at timestamptz not null,
  primary key (tenant, delivery, step),
  foreign key (tenant, delivery) references collab.message_delivery
);
call platform.protect(array['collab.message', 'collab.message_delivery', 'collab.message_notification']::regclass[]);
call platform.open_to_worker(array['collab.message_delivery', 'collab.message_notification']::regclass[]);
