-- Hospitals that trust each other (FD-01, FD-04). Nothing crosses before both registered each other.
create table collab.federation (
  tenant int not null primary key,
  opened_at timestamptz not null,
  -- Whether partners find our staff by name.
  directory boolean not null default true
);

create table collab.partner (
  tenant int not null,
  id uuid not null,
  -- Who they are and where they are: https://their.example/federation/slug
  address text not null check (char_length(address) between 10 and 500),
  name text not null check (char_length(name) between 1 and 200),
  -- Pinned when it was registered; another key is another registration.
  jwk jsonb not null,
  fingerprint text not null check (fingerprint ~ '^[0-9a-f]{64}$'),
  added_at timestamptz not null,
  added_by text not null,
  -- They have registered us, too: their signed word, or their answer to ours.
  mutual_at timestamptz,
  paused_at timestamptz,
  ok_at timestamptz,
  failed_at timestamptz,
  failure text,
  primary key (tenant, id),
  constraint partner_address unique (tenant, address)
);

-- Somebody of another hospital. Home and key are that hospital's; the name is what they call them.
create table collab.partner_person (
  tenant int not null,
  person uuid not null,
  partner uuid not null,
  home text not null,
  key uuid not null,
  primary key (tenant, person),
  constraint partner_person_key unique (tenant, home, key),
  foreign key (tenant, person) references collab.person,
  foreign key (tenant, partner) references collab.partner
);
create index partner_person_partner on collab.partner_person (tenant, partner);

-- What they call conversations and messages that came from them.
create table collab.partner_conversation (
  tenant int not null,
  partner uuid not null,
  key uuid not null,
  conversation uuid not null,
  primary key (tenant, partner, key),
  constraint partner_conversation_one unique (tenant, partner, conversation),
  foreign key (tenant, partner) references collab.partner,
  foreign key (tenant, conversation) references collab.conversation
);
create table collab.partner_message (
  tenant int not null,
  partner uuid not null,
  key uuid not null,
  message uuid not null,
  primary key (tenant, partner, key),
  foreign key (tenant, partner) references collab.partner,
  foreign key (tenant, message) references collab.message
);
create index partner_message_message on collab.partner_message (tenant, message);

-- What goes to them: once per message. An urgent one that is not accepted in time is said so, and escalates here.
create table collab.partner_sending (
  tenant int not null,
  id uuid not null,
  partner uuid not null,
  message uuid not null,
  queued_at timestamptz not null,
  accepted_at timestamptz,
  refused text,
  late_at timestamptz,
  told_at timestamptz,
  primary key (tenant, id),
  constraint partner_sending_once unique (tenant, partner, message),
  foreign key (tenant, partner) references collab.partner,
  foreign key (tenant, message) references collab.message
);
create index partner_sending_late on collab.partner_sending (late_at) where late_at is not null;
create index partner_sending_open on collab.partner_sending (tenant, partner) where accepted_at is null;

-- A signed word counts once.
create table collab.partner_token (
  tenant int not null,
  partner uuid not null,
  jti text not null check (char_length(jti) between 16 and 100),
  at timestamptz not null,
  primary key (tenant, partner, jti),
  foreign key (tenant, partner) references collab.partner
);
create index partner_token_at on collab.partner_token (tenant, at);

-- Nobody of another hospital is in a team: what a team says and keeps stays here.
create function collab.team_is_ours() returns trigger
  language plpgsql as $$
begin
  if exists (select from collab.partner_person where tenant = new.tenant and person = new.person) then
    raise exception using errcode = 'HT001', constraint = 'team_member_ours', message = 'teams are for people of this hospital';
  end if;
  return new;
end $$;
create trigger ours before insert or update of person on collab.team_member for each row execute function collab.team_is_ours();

call platform.protect(array['collab.federation', 'collab.partner', 'collab.partner_person', 'collab.partner_conversation', 'collab.partner_message', 'collab.partner_sending', 'collab.partner_token']::regclass[]);
call platform.open_to_worker(array['collab.partner_sending']::regclass[]);
