-- Messages that were put into the record: which, as which DocumentReference, by whom (FEATURES 16 #19).
create table collab.message_record (
  tenant int not null,
  id uuid not null,
  conversation uuid not null,
  messages uuid[] not null check (cardinality(messages) between 1 and 200),
  patient uuid not null,
  document text not null,
  title text not null,
  content text not null,
  hash text not null,
  by uuid not null,
  at timestamptz not null,
  primary key (tenant, id),
  foreign key (tenant, conversation) references collab.conversation,
  foreign key (tenant, patient) references collab.person,
  foreign key (tenant, by) references collab.person
);
create index message_record_conversation on collab.message_record (tenant, conversation);
create index message_record_messages on collab.message_record using gin (messages);

call platform.protect(array['collab.message_record']::regclass[]);
