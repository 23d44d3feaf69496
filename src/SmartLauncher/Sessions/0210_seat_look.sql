-- How a launched page looks: with our patient banner or the EHR's own, in our colours or the EHR's.
alter table auth.visit_session
  add column banner boolean not null default true,
  add column style text check (length(style) <= 8000);
create index visit_session_person on auth.visit_session (tenant, visit, person);

-- The EHR's tokens end with the visit and with the person's session.
create index launch_token_person on auth.launch_token (tenant, visit, person);
