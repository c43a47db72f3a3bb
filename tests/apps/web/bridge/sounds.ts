export const sounds = {};
