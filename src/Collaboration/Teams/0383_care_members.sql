-- Who is in a team because its CareTeam in the record names them, and for how long (TPL-06). Who was added by hand has no row.
create table collab.care_member (
  tenant int not null,
  team uuid not null,
  person uuid not null,
  role text not null check (role in ('Member', 'Guest')),
  from_at timestamptz,
  until_at timestamptz,
  -- When its period next begins or ends.
  due_at timestamptz,
  primary key (tenant, team, person),
  foreign key (tenant, team) references collab.team,
  foreign key (tenant, person) references collab.person,
  check (from_at is null or until_at is null or from_at <= until_at)
);
create index care_member_due on collab.care_member (due_at) where due_at is not null;

call platform.protect(array['collab.care_member']::regclass[]);
call platform.open_to_worker(array['collab.care_member']::regclass[]);
