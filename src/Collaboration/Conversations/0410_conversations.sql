-- Conversations (MSG-12, TC-11, TC-12) and who is in them; channels get their reach (TC-06).
alter table collab.channel add column membership text not null default 'standard' check (membership in ('standard', 'private', 'shared'));
create function collab.channel_keeps_membership() returns trigger
  language plpgsql as $$
begin
  raise exception using errcode = 'HT409', constraint = 'channel_membership', message = 'what a channel is stays as it was made';
end $$;
create trigger membership before update on collab.channel for each row when (old.membership is distinct from new.membership or old.team is distinct from new.team)
  execute function collab.channel_keeps_membership();

-- A private channel's own members; each is a member of the team, too, as long as they are seen.
create table collab.channel_member (
  tenant int not null,
  channel uuid not null,
  person uuid not null,
  role text not null check (role in ('Owner', 'Member', 'Guest')),
  since timestamptz not null,
  primary key (tenant, channel, person),
  foreign key (tenant, channel) references collab.channel,
  foreign key (tenant, person) references collab.person
);
create index channel_member_person on collab.channel_member (tenant, person);

-- Other teams of the hospital that a shared channel is open to.
create table collab.channel_team (
  tenant int not null,
  channel uuid not null,
  team uuid not null,
  since timestamptz not null,
  primary key (tenant, channel, team),
  foreign key (tenant, channel) references collab.channel,
  foreign key (tenant, team) references collab.team
);
create index channel_team_team on collab.channel_team (tenant, team);

create table collab.conversation (
  tenant int not null,
  id uuid not null,
  kind text not null check (kind in ('direct', 'group', 'channel', 'patient')),
  title text check (char_length(title) between 1 and 250),
  team uuid,
  channel uuid,
  patient uuid,
  -- The people it was found by: one direct conversation a pair, one group a set. A group whose people change is found by nothing.
  roster text,
  last_seq int not null default 0,
  -- Counts every change of every message: a page that was away asks for what came after the last it saw.
  last_change bigint not null default 0,
  last_at timestamptz not null,
  created_at timestamptz not null,
  created_by uuid,
  version int not null default 1,
  primary key (tenant, id),
  constraint conversation_roster unique (tenant, roster),
  constraint conversation_channel unique (tenant, channel),
  foreign key (tenant, team) references collab.team,
  foreign key (tenant, channel) references collab.channel,
  foreign key (tenant, patient) references collab.person,
  constraint conversation_shape check (case kind
    when 'direct' then roster is not null and team is null and channel is null and patient is null
    when 'group' then team is null and channel is null
    when 'channel' then team is not null and channel is not null and patient is null
    else team is not null and patient is not null and channel is null end)
);
create unique index conversation_patient on collab.conversation (tenant, team, patient) where kind = 'patient';
create index conversation_team on collab.conversation (tenant, team) where team is not null;

-- Who is in it in their own right (seat), and how far everybody read. In a team's conversations a row without seat keeps the position alone.
create table collab.conversation_member (
  tenant int not null,
  conversation uuid not null,
  person uuid not null,
  seat boolean not null,
  -- Came by escalation: was asked next.
  asked boolean not null default false,
  sees_from int not null default 1,
  read_seq int not null default 0,
  read_at timestamptz,
  muted boolean not null default false,
  hidden_to int,
  joined_at timestamptz not null,
  primary key (tenant, conversation, person),
  foreign key (tenant, conversation) references collab.conversation,
  foreign key (tenant, person) references collab.person
) with (fillfactor = 70);
create index conversation_member_person on collab.conversation_member (tenant, person);

-- Whoever may read and write there now. The one place that says so.
create view collab.conversation_person with (security_invoker = true) as
  select m.tenant, m.conversation, m.person, m.sees_from, m.joined_at as since, 'Member' as role
  from collab.conversation_member m where m.seat
  union all
  select c.tenant, c.id, t.person, 1, t.since, t.role
  from collab.conversation c join collab.team_member t on t.tenant = c.tenant and t.team = c.team
  where c.kind = 'patient' and t.role <> 'Guest'
  union all
  select c.tenant, c.id, t.person, 1, t.since, t.role
  from collab.conversation c join collab.channel h on h.tenant = c.tenant and h.id = c.channel and h.membership <> 'private' and h.deleted_at is null
  join collab.team_member t on t.tenant = c.tenant and t.team = c.team
  union all
  select c.tenant, c.id, m.person, 1, m.since, m.role
  from collab.conversation c join collab.channel h on h.tenant = c.tenant and h.id = c.channel and h.membership = 'private' and h.deleted_at is null
  join collab.channel_member m on m.tenant = c.tenant and m.channel = c.channel
  join collab.team_member t on t.tenant = c.tenant and t.team = c.team and t.person = m.person
  union all
  select c.tenant, c.id, t.person, 1, t.since, case t.role when 'Owner' then 'Member' else t.role end
  from collab.conversation c join collab.channel h on h.tenant = c.tenant and h.id = c.channel and h.membership = 'shared' and h.deleted_at is null
  join collab.channel_team s on s.tenant = c.tenant and s.channel = c.channel
  join collab.team_member t on t.tenant = s.tenant and t.team = s.team
  where s.team <> c.team;
grant select on collab.conversation_person to healthteams_app;

alter table collab.message
  add column conversation uuid,
  add column seq int,
  add column change bigint,
  add column reply_to uuid,
  -- Chosen by the writer's page: the same words sent again are one message.
  add column key text check (char_length(key) between 8 and 100),
  add column lang text check (char_length(lang) <= 35),
  add column edited_at timestamptz,
  add column edits int not null default 0,
  add column deleted_at timestamptz,
  add column deleted_by uuid,
  add column pinned_at timestamptz,
  add column pinned_by uuid,
  -- Not said by anybody: what happened to the conversation ("added", "left", "named", "asked"), to whom.
  add column happened text,
  add column about uuid[],
  add constraint message_seq unique (tenant, conversation, seq),
  add constraint message_key unique (tenant, sender_person, key),
  add constraint message_conversation foreign key (tenant, conversation) references collab.conversation,
  add constraint message_reply foreign key (tenant, reply_to) references collab.message,
  add constraint message_placed check ((conversation is null) = (seq is null) and (seq is null) = (change is null)),
  add constraint message_size check (octet_length(text) <= 28672) not valid;
create index message_change on collab.message (tenant, conversation, change);
create index message_reply_to on collab.message (tenant, reply_to, seq) where reply_to is not null;
create index message_words on collab.message using gin (to_tsvector('simple', text));

create table collab.message_edit (
  tenant int not null,
  message uuid not null,
  edit int not null,
  text text not null,
  at timestamptz not null,
  by uuid,
  primary key (tenant, message, edit),
  foreign key (tenant, message) references collab.message
);

create table collab.message_mention (
  tenant int not null,
  message uuid not null,
  kind text not null check (kind in ('person', 'team', 'channel', 'tag')),
  target text not null,
  label text not null,
  primary key (tenant, message, kind, target),
  foreign key (tenant, message) references collab.message
);

create table collab.message_reaction (
  tenant int not null,
  message uuid not null,
  person uuid not null,
  reaction text not null check (reaction in ('ok', 'thanks', 'heart', 'seen', 'question', 'alert')),
  at timestamptz not null,
  primary key (tenant, message, person, reaction),
  foreign key (tenant, message) references collab.message,
  foreign key (tenant, person) references collab.person
);

create table collab.message_file (
  tenant int not null,
  id uuid not null,
  conversation uuid not null,
  message uuid,
  by uuid not null,
  name text not null check (char_length(name) between 1 and 250),
  type text not null,
  hash text not null,
  bytes bigint not null,
  at timestamptz not null,
  primary key (tenant, id),
  foreign key (tenant, conversation) references collab.conversation,
  foreign key (tenant, message) references collab.message
);
create index message_file_message on collab.message_file (tenant, message);

-- What somebody chose for all their conversations: whether others see that they have read (MSG-06), when a word warns of writing to somebody off shift (MSG-14).
create table collab.chat_preference (
  tenant int not null,
  person uuid not null,
  receipts boolean not null default true,
  off_shift text not null default 'OnceOnChange' check (off_shift in ('Always', 'OnceOnChange', 'Never')),
  primary key (tenant, person),
  foreign key (tenant, person) references collab.person
);

-- Somebody was told that the other one is off shift, and wrote all the same.
create table collab.off_shift_accepted (
  tenant int not null,
  conversation uuid not null,
  person uuid not null,
  at timestamptz not null,
  primary key (tenant, conversation, person),
  foreign key (tenant, conversation) references collab.conversation
);

-- When somebody's page was last open: a minute exact, for presence alone.
create table collab.presence (
  tenant int not null,
  person uuid not null,
  at timestamptz not null,
  primary key (tenant, person),
  foreign key (tenant, person) references collab.person
) with (fillfactor = 70);

call platform.protect(array['collab.chat_preference', 'collab.off_shift_accepted', 'collab.presence', 'collab.channel_member', 'collab.channel_team', 'collab.conversation', 'collab.conversation_member', 'collab.message_edit', 'collab.message_mention',
  'collab.message_reaction', 'collab.message_file']::regclass[]);

-- Messages that came before there were conversations: one for each set of people and patient, in the order they were sent.
create temporary table placed on commit drop as
  select m.tenant, m.id, m.patient, m.sent_at, coalesce(array_agg(distinct p.person order by p.person) filter (where p.person is not null), '{}') as people
  from collab.message m
  left join lateral (
    select d.recipient as person from collab.message_delivery d where d.tenant = m.tenant and d.message = m.id
    union select m.sender_person where m.sender_person is not null) p on true
  group by m.tenant, m.id, m.patient, m.sent_at;
insert into collab.conversation (tenant, id, kind, patient, roster, last_at, created_at)
  select tenant, gen_random_uuid(), case when patient is null and cardinality(people) = 2 then 'direct' else 'group' end, patient,
    coalesce(patient || ':', '') || array_to_string(people, ','), max(sent_at), min(sent_at)
  from placed group by tenant, patient, people;
insert into collab.conversation_member (tenant, conversation, person, seat, joined_at)
  select distinct on (p.tenant, c.id, person) p.tenant, c.id, person, true, c.created_at
  from placed p join collab.conversation c on c.tenant = p.tenant and c.roster = coalesce(p.patient || ':', '') || array_to_string(p.people, ',')
  cross join unnest(p.people) person;
update collab.message m set conversation = o.conversation, seq = o.seq, change = o.seq
  from (select p.tenant, p.id, c.id as conversation, row_number() over (partition by p.tenant, c.id order by p.sent_at, p.id) as seq
    from placed p join collab.conversation c on c.tenant = p.tenant and c.roster = coalesce(p.patient || ':', '') || array_to_string(p.people, ',')) o
  where m.tenant = o.tenant and m.id = o.id;
update collab.conversation c set last_seq = o.seq, last_change = o.seq
  from (select tenant, conversation, max(seq) as seq from collab.message where conversation is not null group by tenant, conversation) o
  where c.tenant = o.tenant and c.id = o.conversation;
update collab.conversation_member m set read_seq = o.seq, read_at = o.at
  from (select d.tenant, x.conversation, d.recipient, max(x.seq) as seq, max(d.read_at) as at
    from collab.message_delivery d join collab.message x on x.tenant = d.tenant and x.id = d.message where d.read_at is not null group by d.tenant, x.conversation, d.recipient) o
  where m.tenant = o.tenant and m.conversation = o.conversation and m.person = o.recipient;
