-- TK-06: the approval several people give before a task is done: by which template it is asked, and the one that was asked last.
alter table collab.task add column chain uuid;
alter table collab.task add column approval uuid;
create unique index task_approval on collab.task (tenant, approval) where approval is not null;
alter table collab.task add constraint task_one_approval check (approver is null or chain is null);
