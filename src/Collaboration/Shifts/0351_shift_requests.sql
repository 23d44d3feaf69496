-- What people ask of a roster (SH-11, SH-12) and the time they worked (SH-13).
create table collab.shift_request (
  tenant int not null,
  id uuid not null,
  team uuid not null, -- whose managers decide
  kind text not null check (kind in ('swap', 'offer', 'claim', 'off')),
  state text not null default 'pending' check (state in ('pending', 'approved', 'declined', 'withdrawn')),
  assigned_to text not null check (assigned_to in ('recipient', 'manager', 'sender', 'system')),
  sender uuid not null,
  recipient uuid,
  shift uuid, -- the sender's, or the open one
  other_shift uuid, -- the recipient's
  starts_at timestamptz,
  ends_at timestamptz,
  reason uuid,
  message text not null default '' check (char_length(message) <= 500),
  recipient_message text not null default '' check (char_length(recipient_message) <= 500),
  recipient_at timestamptz,
  manager uuid,
  manager_message text not null default '' check (char_length(manager_message) <= 500),
  manager_at timestamptz,
  why text, -- the system's reason: "rival", "no-slots", "shift-gone"
  overridden text[] not null default '{}',
  made_at timestamptz not null,
  changed_at timestamptz not null,
  version int not null default 1,
  task text not null, -- logical id of its Task in our FHIR API
  primary key (tenant, id),
  constraint shift_request_task unique (tenant, task),
  foreign key (tenant, team) references collab.schedule,
  foreign key (tenant, sender) references collab.person,
  foreign key (tenant, recipient) references collab.person,
  foreign key (tenant, team, reason) references collab.time_off_reason (tenant, team, id),
  constraint shift_request_states check (
    case state when 'pending' then assigned_to in ('recipient', 'manager') when 'approved' then assigned_to = 'manager'
      when 'declined' then assigned_to in ('recipient', 'manager', 'system') else true end),
  check ((kind = 'off') = (starts_at is not null) and (kind = 'off') = (ends_at is not null) and (kind = 'off') = (reason is not null) and (kind = 'off') = (shift is null)),
  check ((kind in ('swap', 'offer')) = (recipient is not null) and (kind = 'swap') = (other_shift is not null)),
  check (recipient is distinct from sender and starts_at < ends_at)
);
-- Asking twice is one too many.
create unique index shift_request_twice on collab.shift_request (tenant, kind, sender, shift, other_shift, recipient, starts_at, ends_at) nulls not distinct where state = 'pending';
create index shift_request_shift on collab.shift_request (tenant, shift) where state = 'pending';
create index shift_request_other on collab.shift_request (tenant, other_shift) where state = 'pending';
create index shift_request_team on collab.shift_request (tenant, team, made_at desc);
create index shift_request_sender on collab.shift_request (tenant, sender, made_at desc);
create index shift_request_recipient on collab.shift_request (tenant, recipient, made_at desc);

create table collab.time_card (
  tenant int not null,
  id uuid not null,
  team uuid not null,
  person uuid not null,
  state text not null check (state in ('clockedIn', 'onBreak', 'clockedOut')),
  in_at timestamptz not null,
  in_at_place boolean,
  in_notes text not null default '' check (char_length(in_notes) <= 500),
  out_at timestamptz,
  out_at_place boolean,
  out_notes text not null default '' check (char_length(out_notes) <= 500),
  breaks jsonb not null default '[]', -- [{"from":..,"to":..}]
  notes text not null default '' check (char_length(notes) <= 500),
  original jsonb, -- as it was clocked, kept before the first edit
  confirmed_by text not null default 'none' check (confirmed_by in ('none', 'user', 'manager')),
  version int not null default 1,
  primary key (tenant, id),
  foreign key (tenant, team) references collab.schedule,
  foreign key (tenant, person) references collab.person,
  check ((state = 'clockedOut') = (out_at is not null)),
  check (out_at >= in_at)
);
-- One clock runs for a person, in whatever team.
create unique index time_card_runs on collab.time_card (tenant, person) where state <> 'clockedOut';
create index time_card_team on collab.time_card (tenant, team, in_at);

-- The workforce system that may veto (SH-14). The secret is shown to nobody again.
create table collab.workforce (
  tenant int not null,
  team uuid not null,
  url text not null check (char_length(url) <= 500),
  api_version int not null default 1,
  protocol text not null default 'hmac' check (protocol in ('hmac', 'aes')),
  secret bytea not null,
  supports text[] not null,
  eligibility text[] not null default '{}',
  on_silence text not null default 'refuse' check (on_silence in ('refuse', 'allow')),
  primary key (tenant, team),
  foreign key (tenant, team) references collab.schedule
);

call platform.protect(array['collab.shift_request', 'collab.time_card', 'collab.workforce']::regclass[]);
