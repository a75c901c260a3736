/** Environment variable of a training process: the folder of the modules of custom models that its host lets run. */
export const MODELS_FOLDER = 'FEDSHELL_MODELS';
