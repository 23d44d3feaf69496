// A launch that goes on by POST: the form is sent as soon as it is there.
document.forms[0]?.requestSubmit();

export {};
