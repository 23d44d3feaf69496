-- Handovers (I-PASS) of a team: from whoever leaves to whoever comes, patient by patient, read back before it is accepted.
create table collab.handover (
  tenant int not null,
  id uuid not null,
  team uuid not null,
  list uuid,
  giver uuid not null,
  shift uuid,
  shift_label text,
  ends_at timestamptz,
  title text not null check (char_length(title) between 1 and 200),
  note text check (char_length(note) <= 4000),
  state text not null default 'draft' check (state in ('draft', 'offered', 'accepted', 'declined', 'cancelled')),
  receiver uuid,
  why text check (char_length(why) between 1 and 1000),
  -- An amended handover stands in the place of an accepted one, which stays as it was.
  replaces uuid,
  number int not null default 1 check (number > 0),
  -- Came by FHIR: what names it there.
  origin text,
  created_at timestamptz not null,
  filled_at timestamptz,
  offered_at timestamptz,
  accepted_at timestamptz,
  closed_at timestamptz,
  passed_at timestamptz,
  next_at timestamptz,
  escalated_at timestamptz,
  version int not null default 1,
  primary key (tenant, id),
  foreign key (tenant, team) references collab.team,
  foreign key (tenant, giver) references collab.person,
  foreign key (tenant, receiver) references collab.person,
  foreign key (tenant, replaces) references collab.handover,
  constraint handover_two check (receiver is distinct from giver),
  constraint handover_offered check (state not in ('offered', 'accepted', 'declined') or offered_at is not null),
  constraint handover_accepted check ((state = 'accepted') = (accepted_at is not null) and (state = 'accepted') = (receiver is not null)),
  constraint handover_closed check ((state in ('declined', 'cancelled')) = (closed_at is not null)),
  constraint handover_why check (state <> 'declined' or why is not null),
  constraint handover_rests check (state in ('draft', 'offered') or next_at is null)
);
-- Somebody gives a list once at a time; beginning again leads to what was begun.
create unique index handover_once on collab.handover (tenant, team, giver, list) nulls not distinct where state in ('draft', 'offered') and replaces is null and origin is null;
create unique index handover_amended on collab.handover (tenant, replaces) where replaces is not null and state in ('draft', 'offered', 'accepted');
create unique index handover_origin on collab.handover (tenant, origin) where origin is not null and state <> 'cancelled';
create index handover_team on collab.handover (tenant, team, created_at desc);
create index handover_giver on collab.handover (tenant, giver) where state in ('draft', 'offered');
create index handover_due on collab.handover (next_at) where next_at is not null;

-- To whom it is offered; nobody named: to every member of the team.
create table collab.handover_to (
  tenant int not null,
  handover uuid not null,
  person uuid not null,
  primary key (tenant, handover, person),
  foreign key (tenant, handover) references collab.handover,
  foreign key (tenant, person) references collab.person
);
create index handover_to_person on collab.handover_to (tenant, person);

create table collab.handover_patient (
  tenant int not null,
  handover uuid not null,
  id uuid not null,
  patient uuid not null,
  bed text,
  -- The Composition it is, or came as.
  fhir_id text not null,
  primary key (tenant, id),
  unique (tenant, handover, patient),
  unique (tenant, fhir_id),
  foreign key (tenant, handover) references collab.handover,
  foreign key (tenant, patient) references collab.person
);
create index handover_patient_whose on collab.handover_patient (tenant, patient);

-- What the writer says, by element; "filled" is what the system last put there, so that a refresh knows what a person wrote.
create table collab.handover_section (
  tenant int not null,
  entry uuid not null,
  section text not null check (section in ('severity', 'summary', 'actions', 'contingency')),
  text text not null default '' check (char_length(text) <= 4000),
  filled text not null default '' check (char_length(filled) <= 4000),
  version int not null default 1,
  at timestamptz not null,
  by uuid,
  primary key (tenant, entry, section),
  foreign key (tenant, entry) references collab.handover_patient on delete cascade,
  constraint handover_severity check (section <> 'severity' or text in ('', 'Stable', 'Watcher', 'Unstable'))
);

-- What is open about the patient: found by the system, as it was when the giver signed.
create table collab.handover_item (
  tenant int not null,
  entry uuid not null,
  kind text not null check (kind in ('task', 'message', 'visit', 'flag')),
  ref text not null,
  place int not null,
  text text not null check (char_length(text) <= 500),
  priority smallint,
  at timestamptz,
  primary key (tenant, entry, kind, ref),
  foreign key (tenant, entry) references collab.handover_patient on delete cascade
);

create table collab.handover_readback (
  tenant int not null,
  entry uuid not null,
  person uuid not null,
  text text check (char_length(text) between 1 and 2000),
  at timestamptz not null,
  primary key (tenant, entry, person),
  foreign key (tenant, entry) references collab.handover_patient on delete cascade,
  foreign key (tenant, person) references collab.person
);

create table collab.handover_question (
  tenant int not null,
  id uuid not null,
  entry uuid not null,
  by uuid not null,
  at timestamptz not null,
  text text not null check (char_length(text) between 1 and 1000),
  answer text check (char_length(answer) between 1 and 2000),
  answered_by uuid,
  answered_at timestamptz,
  withdrawn_at timestamptz,
  primary key (tenant, id),
  foreign key (tenant, entry) references collab.handover_patient on delete cascade,
  check ((answer is null) = (answered_at is null))
);
create index handover_question_entry on collab.handover_question (tenant, entry);

create table collab.handover_event (
  tenant int not null,
  id uuid not null,
  handover uuid not null,
  kind text not null,
  at timestamptz not null,
  by uuid,
  patient uuid,
  detail text check (char_length(detail) <= 2000),
  primary key (tenant, id),
  foreign key (tenant, handover) references collab.handover
);
create index handover_event_of on collab.handover_event (tenant, handover, at);

-- Of a team: what clocking out says of a handover that nobody has accepted, and when its owners are told.
create table collab.handover_rule (
  tenant int not null,
  team uuid not null,
  clock_out text not null default 'warn' check (clock_out in ('off', 'warn', 'refuse')),
  escalate_minutes int not null default 15 check (escalate_minutes between 1 and 1440),
  version int not null default 1,
  primary key (tenant, team),
  foreign key (tenant, team) references collab.team
);

-- What may follow what; and nobody takes over what they have not read back, or while a question is open.
create function collab.handover_step() returns trigger language plpgsql as $$
begin
  if new.state = old.state then
    if old.state in ('accepted', 'declined', 'cancelled') and (new.title, new.note, new.receiver, new.giver, new.accepted_at) is distinct from (old.title, old.note, old.receiver, old.giver, old.accepted_at) then
      raise exception using errcode = '23514', constraint = 'handover_kept', message = 'a handover that is over is kept as it was';
    end if;
    return new;
  end if;
  if not ((old.state = 'draft' and new.state in ('offered', 'cancelled')) or (old.state = 'offered' and new.state in ('draft', 'accepted', 'declined', 'cancelled'))) then
    raise exception using errcode = '23514', constraint = 'handover_order', message = 'a handover goes from draft to offered to accepted';
  end if;
  if new.state = 'accepted' and exists (
    select from collab.handover_patient e
    left join collab.handover_section s on s.tenant = e.tenant and s.entry = e.id and s.section = 'severity'
    left join collab.handover_readback r on r.tenant = e.tenant and r.entry = e.id and r.person = new.receiver
    where e.tenant = new.tenant and e.handover = new.id
      and (r.entry is null or (coalesce(s.text, '') <> 'Stable' and r.text is null)
        or exists (select from collab.handover_question q where q.tenant = e.tenant and q.entry = e.id and q.answer is null and q.withdrawn_at is null))) then
    raise exception using errcode = '23514', constraint = 'handover_read_back', message = 'a patient is not read back';
  end if;
  return new;
end $$;
create trigger handover_step before update on collab.handover for each row execute function collab.handover_step();

-- What the giver signed stays as it was signed, but for what its own source sends again before anybody has accepted it.
create function collab.handover_signed() returns trigger language plpgsql as $$
declare of_entry uuid; state_now text; from_fhir boolean;
begin
  of_entry := case when tg_op = 'DELETE' then old.entry else new.entry end;
  select h.state, h.origin is not null into state_now, from_fhir
  from collab.handover_patient e join collab.handover h on h.tenant = e.tenant and h.id = e.handover
  where e.tenant = case when tg_op = 'DELETE' then old.tenant else new.tenant end and e.id = of_entry;
  if state_now is not null and state_now <> 'draft' and not (state_now = 'offered' and from_fhir) then
    raise exception using errcode = '23514', constraint = 'handover_kept', message = 'what was signed is kept as it was';
  end if;
  return case when tg_op = 'DELETE' then old else new end;
end $$;
create trigger handover_section_signed before insert or update or delete on collab.handover_section for each row execute function collab.handover_signed();
create trigger handover_item_signed before insert or update or delete on collab.handover_item for each row execute function collab.handover_signed();

create function collab.handover_entry_signed() returns trigger language plpgsql as $$
declare state_now text; from_fhir boolean;
begin
  select h.state, h.origin is not null into state_now, from_fhir from collab.handover h where h.tenant = coalesce(new.tenant, old.tenant) and h.id = coalesce(new.handover, old.handover);
  if state_now <> 'draft' and not (state_now = 'offered' and from_fhir) then
    raise exception using errcode = '23514', constraint = 'handover_kept', message = 'what was signed is kept as it was';
  end if;
  return coalesce(new, old);
end $$;
create trigger handover_patient_signed before insert or update or delete on collab.handover_patient for each row execute function collab.handover_entry_signed();

-- Read back while it is offered, and never taken back afterwards.
create function collab.handover_reading() returns trigger language plpgsql as $$
declare state_now text;
begin
  select h.state into state_now from collab.handover_patient e join collab.handover h on h.tenant = e.tenant and h.id = e.handover
  where e.tenant = coalesce(new.tenant, old.tenant) and e.id = coalesce(new.entry, old.entry);
  if state_now is distinct from 'offered' and not (tg_op = 'DELETE' and state_now in ('draft', 'cancelled')) then
    raise exception using errcode = '23514', constraint = 'handover_kept', message = 'only what is offered is read back';
  end if;
  return coalesce(new, old);
end $$;
create trigger handover_readback_open before insert or update or delete on collab.handover_readback for each row execute function collab.handover_reading();

call platform.protect(array['collab.handover', 'collab.handover_to', 'collab.handover_patient', 'collab.handover_section', 'collab.handover_item', 'collab.handover_readback',
  'collab.handover_question', 'collab.handover_event', 'collab.handover_rule']::regclass[]);
call platform.open_to_worker(array['collab.handover']::regclass[]);

-- An urgent message that went to the one who left and is passed to the one who came.
alter table collab.message_delivery drop constraint message_delivery_closed_check;
alter table collab.message_delivery add constraint message_delivery_closed_check check (closed in ('read', 'unread', 'withdrawn', 'passed'));
