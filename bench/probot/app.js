// A Probot app as small as can be: one handler, and it does nothing.
export default (app) => {
  app.on("issues", async () => {});
};
