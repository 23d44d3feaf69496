-- Legal hold: what concerns a person, a patient, a conversation or a team is not ended by retention while it stands.
create table platform.legal_hold (
  tenant int not null,
  id uuid not null,
  kind text not null check (kind in ('person', 'patient', 'conversation', 'team')),
  target uuid not null,
  reason text not null check (char_length(reason) between 1 and 500),
  set_at timestamptz not null,
  set_by text not null,
  ended_at timestamptz,
  ended_by text,
  primary key (tenant, id)
);
create unique index legal_hold_open on platform.legal_hold (tenant, kind, target) where ended_at is null;
call platform.protect(array['platform.legal_hold']::regclass[]);
call platform.open_to_worker(array['platform.legal_hold']::regclass[]);

-- Whether any of these ids is under a hold: asked by whatever deletes for good.
create function platform.held(of_tenant int, variadic targets uuid[]) returns boolean
  language sql stable
  return exists (select from platform.legal_hold h where h.tenant = of_tenant and h.ended_at is null and h.target = any(targets));
