-- OpenIddict's four tables, as its Entity Framework model names them. They hold no patient's data and are read before
-- a tenant is known, so row-level security is not theirs; the tenant of a client is among its properties.
create table auth."OpenIddictApplications" (
  "Id" text primary key,
  "ApplicationType" varchar(50),
  "ClientId" varchar(100),
  "ClientSecret" text,
  "ClientType" varchar(50),
  "ConcurrencyToken" varchar(50),
  "ConsentType" varchar(50),
  "DisplayName" text,
  "DisplayNames" text,
  "JsonWebKeySet" text,
  "Permissions" text,
  "PostLogoutRedirectUris" text,
  "Properties" text,
  "RedirectUris" text,
  "Requirements" text,
  "Settings" text
);
create unique index "IX_OpenIddictApplications_ClientId" on auth."OpenIddictApplications" ("ClientId");

create table auth."OpenIddictScopes" (
  "Id" text primary key,
  "ConcurrencyToken" varchar(50),
  "Description" text,
  "Descriptions" text,
  "DisplayName" text,
  "DisplayNames" text,
  "Name" varchar(200),
  "Properties" text,
  "Resources" text
);
create unique index "IX_OpenIddictScopes_Name" on auth."OpenIddictScopes" ("Name");

create table auth."OpenIddictAuthorizations" (
  "Id" text primary key,
  "ApplicationId" text references auth."OpenIddictApplications",
  "ConcurrencyToken" varchar(50),
  "CreationDate" timestamptz,
  "Properties" text,
  "Scopes" text,
  "Status" varchar(50),
  "Subject" varchar(400),
  "Type" varchar(50)
);
create index "IX_OpenIddictAuthorizations_ApplicationId_Status_Subject_Type"
  on auth."OpenIddictAuthorizations" ("ApplicationId", "Status", "Subject", "Type");

create table auth."OpenIddictTokens" (
  "Id" text primary key,
  "ApplicationId" text references auth."OpenIddictApplications",
  "AuthorizationId" text references auth."OpenIddictAuthorizations",
  "ConcurrencyToken" varchar(50),
  "CreationDate" timestamptz,
  "ExpirationDate" timestamptz,
  "Payload" text,
  "Properties" text,
  "RedemptionDate" timestamptz,
  "ReferenceId" varchar(100),
  "Status" varchar(50),
  "Subject" varchar(400),
  "Type" varchar(150)
);
create index "IX_OpenIddictTokens_ApplicationId_Status_Subject_Type"
  on auth."OpenIddictTokens" ("ApplicationId", "Status", "Subject", "Type");
create index "IX_OpenIddictTokens_AuthorizationId" on auth."OpenIddictTokens" ("AuthorizationId");
create unique index "IX_OpenIddictTokens_ReferenceId" on auth."OpenIddictTokens" ("ReferenceId");

-- SMART-S12: a client assertion is good for one use. Not a tenant's table: the client is not yet proven.
create table auth.assertion_jti (
  client text not null,
  jti_hash bytea not null,
  expires_at timestamptz not null,
  primary key (client, jti_hash)
);
create index assertion_jti_expires on auth.assertion_jti (expires_at);
