-- What waits for the end of an approval, as a FHIR reference ("Task/12"): locked before it, as its own page locks it.
alter table collab.approval add column focus text check (char_length(focus) between 3 and 200);
