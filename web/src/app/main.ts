// Starts the page: asks the server who we are, then shows the first screen.
import '@/ui/tokens.css';
import '@/ui/base.css';
import '@/ui/controls.css';
import { createApp } from 'vue';
import App from './App.vue';
import { router } from './router';
import { startSession } from './session';

const app = createApp(App);
app.config.errorHandler = (error) => console.error(error);
void startSession().then(() => {
  app.use(router);
  app.mount('#app');
});
