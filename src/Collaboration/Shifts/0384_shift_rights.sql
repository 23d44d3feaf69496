-- What an owner of a schedule may of it (SH-12): change the roster, decide requests, see worked time.
alter table collab.schedule_owner add column may_edit boolean not null default true;
alter table collab.schedule_owner add column may_approve boolean not null default true;
alter table collab.schedule_owner add column may_hours boolean not null default true;
alter table collab.schedule_owner add constraint schedule_owner_something check (may_edit or may_approve or may_hours);

-- A request that leaves fewer people than the minimum is refused, or asked of the manager.
alter table collab.schedule add column short_staffed text not null default 'refuse' check (short_staffed in ('ask', 'refuse'));
