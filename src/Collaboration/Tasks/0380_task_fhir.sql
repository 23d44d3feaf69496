-- The QuestionnaireResponse that filled a task's form, when it came by FHIR; what a page fills has the task's id.
alter table collab.task add column response_id text;
create unique index task_response on collab.task (tenant, response_id) where response_id is not null;

-- Who wrote a comment that came by FHIR, where that is nobody we know.
alter table collab.task_comment add column said_by text check (char_length(said_by) between 1 and 255);

-- The logical id a series came with by FHIR.
alter table collab.task_series add column fhir_id text;
create unique index task_series_fhir on collab.task_series (tenant, fhir_id) where fhir_id is not null;
