// The live parts of these pages.
export {};
